"""Access tokens: what a signed-in client sends as `Authorization: Bearer`."""

import time
from dataclasses import dataclass

import jwt

from services.accounts.tokens.signing_keys import LIFE, SigningKeys
from services.kit.errors import CallboxError, Code
from services.kit.identity import ACCOUNTS_ISSUER

LIFE_SECONDS = int(LIFE.total_seconds())
_ALGORITHM = "EdDSA"
# Differs from the audience of identity tokens, so that neither kind is accepted as the other.
_AUDIENCE = "callbox-access"
# The longest key id that is looked up.
_ID_MAX_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Access:
    """The content of an access token: who signed in, and how many seconds ago."""

    user_id: int
    age_seconds: float


class AccessTokens:
    """Issues and verifies access tokens."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

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
        signing = self._keys.signing
        return jwt.encode(claims, signing.key, _ALGORITHM, headers={"kid": signing.id})

    async def read(self, token: str) -> Access:
        """The content of a token.

        Raises: CallboxError `token_expired`, `not_authenticated`.
        """
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            if not isinstance(wanted, str) or len(wanted) > _ID_MAX_CHARACTERS or not wanted.isalnum():
                raise _refused()
            key = await self._keys.verifying(wanted)
            if key is None:
                raise _refused()
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=ACCOUNTS_ISSUER,
                options={"require": ["exp", "iat", "sub"]},
            )
            return Access(int(claims["sub"]), time.time() - float(claims["iat"]))
        except jwt.ExpiredSignatureError:
            raise CallboxError(
                Code.TOKEN_EXPIRED, "The access token has expired; get a new one with the refresh token."
            ) from None
        except (jwt.PyJWTError, ValueError):
            raise _refused() from None


def _refused() -> CallboxError:
    return CallboxError(Code.NOT_AUTHENTICATED, "The access token is not valid; sign in again.")
