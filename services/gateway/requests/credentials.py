"""Exchanges the credential of a request for an identity token that every service verifies."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cachetools import TLRUCache
from callbox.accounts.v1 import accounts_pb2
from starlette.requests import Request

from services.kit.errors import CallboxError, Code
from services.kit.identity import claimed_tenant
from services.kit.rpc.client import call

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

# How long the answer about an access token is used without asking accounts again.
_TOKEN_TTL_SECONDS = 10.0
# Shorter for keys: another gateway may revoke one, and accounts records when it was last used.
_KEY_TTL_SECONDS = 1.0
# While one request asks about a key, others use the old answer for at most this long.
_REFRESH_SECONDS = 1.0
# An identity token is not used in the last seconds of its life: services behind may still have to verify it.
_MARGIN_SECONDS = 30.0
_MAX_ENTRIES = 10_000
_MAX_CREDENTIAL_CHARACTERS = 8_192
_BEARER = "bearer"
_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Caller:
    """The caller of a request. token: identity token for the services. by_key: the credential is an API key."""

    token: str
    by_key: bool
    tenant_id: str


@dataclass(frozen=True)
class Credential:
    """A credential as the headers have it, not verified."""

    value: str
    by_key: bool


def credential_of(request: Request) -> Credential | None:
    """The API key of a request, else its Bearer token, else None."""
    key = request.headers.get("x-api-key")
    if key is not None:
        return Credential(key.strip(), by_key=True)
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return Credential(token.strip(), by_key=False) if scheme.lower() == _BEARER else None


@dataclass
class _Known:
    """An answer of accounts. Times are of the monotonic clock.

    refresh_at: from then one request asks again. expires_at: from then every request asks.
    """

    caller: Caller
    refresh_at: float
    expires_at: float


def _expires_at(_: bytes, known: _Known, now: float) -> float:
    return known.expires_at


class CredentialExchange:
    """Exchanges credentials with accounts and caches the newest `_MAX_ENTRIES` answers, by digest of the credential."""

    def __init__(self, accounts: "AccountsServiceAsyncStub", service_token: Callable[[], str]) -> None:
        self._accounts = accounts
        self._service_token = service_token
        self._known: TLRUCache[bytes, _Known] = TLRUCache(_MAX_ENTRIES, _expires_at)

    async def exchange(self, credential: Credential) -> Caller:
        """The caller that the credential belongs to.

        Raises: CallboxError `not_authenticated`, `token_expired`.
        """
        if not credential.value or len(credential.value) > _MAX_CREDENTIAL_CHARACTERS:
            what = "API key" if credential.by_key else "access token"
            raise CallboxError(Code.NOT_AUTHENTICATED, f"The {what} is not valid; send a valid one or none.")
        digest = sha256(f"{credential.by_key}:{credential.value}".encode()).digest()
        known, now = self._known.get(digest), time.monotonic()
        if known is not None:
            if now < known.refresh_at:
                return known.caller
            # This request asks; those that arrive meanwhile use the old answer.
            known.refresh_at = now + _KEY_TTL_SECONDS
        try:
            return await self._ask(credential, digest)
        except CallboxError as error:
            if error.http_status == _UNAUTHORIZED:
                self._known.pop(digest, None)
            raise

    async def _ask(self, credential: Credential, digest: bytes) -> Caller:
        answer = await call(
            self._accounts.ExchangeCredential,
            accounts_pb2.ExchangeCredentialRequest(api_key=credential.value)
            if credential.by_key
            else accounts_pb2.ExchangeCredentialRequest(access_token=credential.value),
            identity=self._service_token(),
        )
        caller = Caller(answer.identity_token, credential.by_key, claimed_tenant(answer.identity_token))
        left = answer.expire_time.ToNanoseconds() / 1e9 - time.time() - _MARGIN_SECONDS
        if left > 0:
            now = time.monotonic()
            fresh = _KEY_TTL_SECONDS if credential.by_key else _TOKEN_TTL_SECONDS
            kept = fresh + (_REFRESH_SECONDS if credential.by_key else 0.0)
            self._known[digest] = _Known(caller, now + fresh, now + min(left, kept))
        return caller

    def clear(self) -> None:
        """Empties the cache, so that a key revoked through this gateway is refused at once."""
        self._known.clear()
