"""The credential of a request, exchanged for an identity token that every service verifies."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from callbox.accounts.v1 import accounts_pb2
from starlette.requests import Request

from services.kit.errors import CallboxError, Code
from services.kit.rpc.client import call

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

# How long an answer about an access token is taken for good.
_TOKEN_TTL_SECONDS = 10.0
# A key may be revoked through another gateway, and every use of it counts: one request in this time asks anew.
_KEY_TTL_SECONDS = 1.0
_ASKING_SECONDS = 1.0
# An identity token in the cache still has this long to live when it is used.
_MARGIN_SECONDS = 30.0
_MAX_ENTRIES = 10_000
_MAX_CREDENTIAL_CHARACTERS = 8_192
_BEARER = "bearer"
_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Caller:
    """Who asks. token: identity token for the services. by_key: the caller came with an API key."""

    token: str
    by_key: bool


@dataclass(frozen=True)
class Presented:
    """A credential as it stands in the headers, not yet believed."""

    value: str
    by_key: bool


def presented(request: Request) -> Presented | None:
    """The API key of a request, else its Bearer token, else None."""
    key = request.headers.get("x-api-key")
    if key is not None:
        return Presented(key.strip(), by_key=True)
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return Presented(token.strip(), by_key=False) if scheme.lower() == _BEARER else None


@dataclass
class _Known:
    """An answer of accounts. ask_at: when the next request asks again; good_until: when every request does."""

    caller: Caller
    ask_at: float
    good_until: float


class Credentials:
    """Exchanges credentials with accounts and remembers the answers for a moment, by digest.

    Bounded: the oldest of `_MAX_ENTRIES` answers is dropped first, and is asked for anew when it is needed.
    """

    def __init__(self, accounts: "AccountsServiceAsyncStub", service_token: Callable[[], str]) -> None:
        self._accounts = accounts
        self._service_token = service_token
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def exchange(self, credential: Presented) -> Caller:
        """Who the credential belongs to.

        Raises: CallboxError `not_authenticated`, `token_expired`.
        """
        if not credential.value or len(credential.value) > _MAX_CREDENTIAL_CHARACTERS:
            what = "API key" if credential.by_key else "access token"
            raise CallboxError(Code.NOT_AUTHENTICATED, f"The {what} is not valid; send a good one or none.")
        digest = sha256(f"{credential.by_key}:{credential.value}".encode()).digest()
        known, now = self._known.get(digest), time.monotonic()
        if known is not None and now < known.good_until:
            if now < known.ask_at:
                return known.caller
            # This request asks; those that come meanwhile go on with what is known.
            known.ask_at = now + _KEY_TTL_SECONDS
        try:
            return await self._ask(credential, digest)
        except CallboxError as error:
            if error.http_status == _UNAUTHORIZED:
                self._known.pop(digest, None)
            raise

    async def _ask(self, credential: Presented, digest: bytes) -> Caller:
        answer = await call(
            self._accounts.ExchangeCredential,
            accounts_pb2.ExchangeCredentialRequest(api_key=credential.value)
            if credential.by_key
            else accounts_pb2.ExchangeCredentialRequest(access_token=credential.value),
            identity=self._service_token(),
        )
        caller = Caller(answer.identity_token, credential.by_key)
        left = answer.expire_time.ToNanoseconds() / 1e9 - time.time() - _MARGIN_SECONDS
        if left > 0:
            now = time.monotonic()
            ask_in = _KEY_TTL_SECONDS if credential.by_key else _TOKEN_TTL_SECONDS
            # A key that others use meanwhile is good for as long as it takes to ask.
            good_until = now + min(left, ask_in + (_ASKING_SECONDS if credential.by_key else 0.0))
            self._known[digest] = _Known(caller, now + ask_in, good_until)
            self._known.move_to_end(digest)
            if len(self._known) > _MAX_ENTRIES:
                self._known.popitem(last=False)
        return caller

    def forget(self) -> None:
        """Forgets every answer, so that a key that was just revoked here is not taken any more."""
        self._known.clear()
