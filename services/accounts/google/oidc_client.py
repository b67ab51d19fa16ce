"""A client of Google's OpenID Connect, or of another issuer that the operator sets: authorization code flow with PKCE.

No state is kept here between the two requests of a sign-in: the browser carries state, nonce and verifier, encrypted.
"""

import asyncio
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from cachetools import TTLCache
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.kit.errors import CallboxError, Code, not_found
from services.kit.logs import get_logger
from services.kit.rpc import context as request

# How long a user may take at Google.
TRANSACTION_SECONDS = 600
_DISCOVERY = "/.well-known/openid-configuration"
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_SCOPE = "openid email"
_CLOCK_LEEWAY_SECONDS = 60
# For all calls of one request; less than the gateway gives a request.
_SECONDS = 4.0
_CALL_SECONDS = 3.0
_METADATA_CACHE_SECONDS = 3600.0
_KEYS_CACHE_SECONDS = 300.0
_MAX_CHARACTERS = 4_096
# Google has used both names in ID tokens.
_ALIASES = {"https://accounts.google.com": "accounts.google.com"}

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A sign-in that has begun. transaction: what the browser must bring back. secure: whether that is over https."""

    url: str
    transaction: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """The user at the provider. email: verified there. link_to: id of our user who links this login; 0 for none."""

    subject: str
    email: str
    link_to: int


class OidcClient:
    """Speaks with the issuer; `close` it when done. An empty `client_id` switches sign-in with Google off.

    fernet: encrypts what the browser carries.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        redirect_url: str,
        fernet: Fernet,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._redirect_url = redirect_url
        self._fernet = fernet
        # Only the results of its calls are used, not its state, so many sign-ins can share it.
        self._client = AsyncOAuth2Client(
            client_id,
            client_secret,
            scope=_SCOPE,
            redirect_uri=redirect_url,
            code_challenge_method="S256",
            timeout=_CALL_SECONDS,
        )
        self._metadata: TTLCache[str, dict[str, Any]] = TTLCache(1, _METADATA_CACHE_SECONDS, timer)
        self._keys: TTLCache[str, KeySet] = TTLCache(1, _KEYS_CACHE_SECONDS, timer)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    def require_configured(self) -> None:
        """Raises: CallboxError `not_found`, with the settings to set, when sign-in with Google is off."""
        if not self._client_id:
            refusal = not_found("Sign-in with Google")
            refusal.message = (
                "Sign-in with Google is not configured here; the operator sets CALLBOX_GOOGLE_CLIENT_ID, "
                "CALLBOX_GOOGLE_CLIENT_SECRET and CALLBOX_GOOGLE_REDIRECT_URL. Sign in with e-mail and password at "
                "/api/auth/login/."
            )
            raise refusal

    async def begin(self, link_to: int = 0) -> AuthorizationRequest:
        """Starts a sign-in. link_to: id of the user who links a Google login to their account; 0 for none.

        Raises: CallboxError `not_found`, `upstream_unavailable`.
        """
        self.require_configured()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        async with self._reaching():
            metadata = await self._discovered()
        url, _ = self._client.create_authorization_url(
            metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
        transaction = json.dumps({"state": state, "nonce": nonce, "verifier": verifier, "link_to": link_to})
        secure = urlsplit(self._redirect_url).scheme == "https"
        return AuthorizationRequest(url, self._fernet.encrypt(transaction.encode()).decode(), secure)

    async def finish(self, code: str, state: str, transaction: str) -> Profile:
        """Completes a sign-in; the user at the provider.

        Raises: CallboxError `not_found`, `invalid_request` when another browser began the sign-in, `not_authenticated`
        for a code or token that is not valid, `permission_denied` for an e-mail that is not verified,
        `upstream_unavailable`.
        """
        self.require_configured()
        begun = self._decrypted(transaction)
        if begun is None or not hmac.compare_digest(begun["state"].encode(), state.encode(errors="surrogatepass")):
            raise CallboxError(
                Code.INVALID_REQUEST, "This sign-in was not begun in this browser, or too long ago; begin again."
            )
        if not code or len(code) > _MAX_CHARACTERS or not code.isprintable():
            raise _refused()
        async with self._reaching():
            claims = await self._claims(code, begun)
        email, verified = claims.get("email"), claims.get("email_verified")
        if not isinstance(email, str) or verified not in (True, "true"):
            raise CallboxError(
                Code.PERMISSION_DENIED, "Google has not verified this e-mail address; verify it there first."
            )
        return Profile(str(claims["sub"]), email, int(begun["link_to"]))

    def _decrypted(self, transaction: str) -> dict[str, Any] | None:
        try:
            decrypted: dict[str, Any] = json.loads(self._fernet.decrypt(transaction, ttl=TRANSACTION_SECONDS))
        except (InvalidToken, ValueError):
            return None
        return decrypted

    async def _claims(self, code: str, begun: dict[str, Any]) -> CodeIDToken:
        metadata = await self._discovered()
        try:
            token = await self._client.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=begun["verifier"],
            )
        except OAuthError as fault:
            if fault.error == "invalid_grant":
                raise _refused() from None
            raise
        try:
            return await self._verified(str(token.get("id_token", "")), metadata, begun["nonce"])
        except (JoseError, AuthlibBaseError, ValueError) as fault:
            _log.warning("an ID token was refused", fault=type(fault).__name__)
            raise _refused() from None

    async def _verified(self, id_token: str, metadata: dict[str, Any], nonce: str) -> CodeIDToken:
        keys = await self._signing_keys(metadata)
        try:
            decoded = jwt.decode(id_token, keys, _ALGORITHMS)
        except (JoseError, ValueError):
            # The issuer may have a new key since the keys were cached.
            self._keys.clear()
            keys = await self._signing_keys(metadata)
            decoded = jwt.decode(id_token, keys, _ALGORITHMS)
        issuers = [metadata["issuer"], *filter(None, [_ALIASES.get(self.issuer)])]
        options = {
            "iss": {"essential": True, "values": issuers},
            "aud": {"essential": True, "value": self._client_id},
            "nonce": {"essential": True},
        }
        claims = CodeIDToken(decoded.claims, decoded.header, options, {"nonce": nonce, "client_id": self._client_id})
        claims.validate(leeway=_CLOCK_LEEWAY_SECONDS)
        return claims

    async def _discovered(self) -> dict[str, Any]:
        metadata = self._metadata.get(self.issuer)
        if metadata is not None:
            return metadata
        metadata = await self._get(self.issuer + _DISCOVERY)
        ends = [metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        safe = ("https://",) if self.issuer.startswith("https://") else ("https://", "http://")
        if str(metadata.get("issuer", "")).rstrip("/") != self.issuer or not all(
            isinstance(url, str) and url.startswith(safe) for url in ends
        ):
            raise ValueError("the discovery document is not of this issuer")
        self._metadata[self.issuer] = metadata
        return metadata

    async def _signing_keys(self, metadata: dict[str, Any]) -> KeySet:
        url: str = metadata["jwks_uri"]
        keys = self._keys.get(url)
        if keys is None:
            keys = KeySet.import_key_set(await self._get(url))  # type: ignore[arg-type]  # checked there
            self._keys[url] = keys
        return keys

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self._client.request("GET", url, withhold_token=True)
        answer.raise_for_status()
        document = answer.json()
        if not isinstance(document, dict):
            raise ValueError("the answer is not a JSON object")
        return document

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
                yield
        except (httpx2.HTTPError, AuthlibBaseError, JoseError, TimeoutError, ValueError, KeyError) as fault:
            # An OAuthError here means that the client id or its secret is wrong, which the operator must correct.
            _log.error("sign-in with Google failed", fault=repr(fault)[:200])
            raise CallboxError(
                Code.UPSTREAM_UNAVAILABLE,
                "Google cannot be asked right now; try again, or log in with e-mail and password.",
                retry_after_seconds=5,
            ) from None


def _refused() -> CallboxError:
    return CallboxError(Code.NOT_AUTHENTICATED, "Google did not confirm this sign-in; begin again.")
