"""Access tokens: what a signed-in client sends as `Authorization: Bearer`."""

import hashlib
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit.errors import CallboxError, Code
from services.kit.identity import ACCOUNTS_ISSUER

LIFE_SECONDS = 10 * 24 * 3600
_ALGORITHM = "EdDSA"
# Not the audience of identity tokens: neither kind passes for the other.
_AUDIENCE = "callbox-access"


class AccessTokens:
    """Signs and verifies access tokens with the key of accounts.

    Raises on making: OSError when the key is missing, TypeError when it is no Ed25519 key.
    """

    def __init__(self, keys_dir: Path) -> None:
        key = serialization.load_pem_private_key((keys_dir / f"{ACCOUNTS_ISSUER}.key").read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{ACCOUNTS_ISSUER}.key is no Ed25519 key; remove it to have a new one made.")
        self._key = key
        self._public = key.public_key()
        raw = self._public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self._key_id = hashlib.sha256(raw).hexdigest()[:16]

    def issue(self, user_id: int, life_seconds: int = LIFE_SECONDS) -> str:
        """A token for a user."""
        now = int(time.time())
        claims = {
            "iss": ACCOUNTS_ISSUER,
            "aud": _AUDIENCE,
            "sub": str(user_id),
            "iat": now,
            "exp": now + life_seconds,
        }
        return jwt.encode(claims, self._key, _ALGORITHM, headers={"kid": self._key_id})

    def user_of(self, token: str) -> int:
        """The user a token was issued to.

        Raises: CallboxError `token_expired`, `not_authenticated`.
        """
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=ACCOUNTS_ISSUER,
                options={"require": ["exp", "sub"]},
            )
            return int(claims["sub"])
        except jwt.ExpiredSignatureError:
            raise CallboxError(
                Code.TOKEN_EXPIRED, "The access token has expired; get a new one with the refresh token."
            ) from None
        except (jwt.PyJWTError, ValueError):
            raise CallboxError(Code.NOT_AUTHENTICATED, "The access token is not valid; sign in again.") from None
