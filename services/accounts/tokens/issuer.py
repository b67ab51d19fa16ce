"""Issues the pair of access and refresh token that a sign-in answers."""

from callbox.accounts.v1 import accounts_pb2 as pb

from services.accounts.store import Store
from services.accounts.tokens.access import AccessTokens
from services.accounts.tokens.refresh import LIFE, RefreshToken
from services.kit.errors import CallboxError, Code


class TokenIssuer:
    """Issues pairs of tokens."""

    def __init__(self, store: Store, access: AccessTokens) -> None:
        self._store = store
        self._access = access

    async def sign_in(self, user_id: int) -> pb.TokenPair:
        """Tokens of a new sign-in, which starts a family of refresh tokens.

        Raises: CallboxError `not_authenticated` when the user was deleted just now.
        """
        refresh = RefreshToken.new()
        if not await self._store.add_family(user_id, refresh, LIFE):
            raise CallboxError(Code.NOT_AUTHENTICATED, "This account does not exist any more; sign up again.")
        return self.pair(user_id, refresh)

    def pair(self, user_id: int, refresh: RefreshToken) -> pb.TokenPair:
        """A stored refresh token, with a new access token."""
        return pb.TokenPair(access=self._access.issue(user_id), refresh=str(refresh))
