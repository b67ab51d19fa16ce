"""Access tokens: what a signed-in client sends as `Authorization: Bearer`."""

import time
from dataclasses import dataclass

import jwt

from services.accounts.tokens.signing_keys import LIFE, SigningKeys
from services.kit.errors import CallboxError, Code
from services.kit.identity import ACCOUNTS_ISSUER

LIFE_SECONDS = int(LIFE.total_seconds())
_ALGORITHM = "EdDSA"
# Not the audience of identity tokens: neither kind passes for the other.
_AUDIENCE = "callbox-access"
# Of a key id; what is longer is not looked for.
_ID_MAX_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token says: who signed in, and how many seconds ago."""

    user_id: int
    age_seconds: float


class AccessTokens:
    """Signs and verifies access tokens with the keys of a set."""

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
        """What a token says.

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
