"""Checks passwords at login, and again before a sensitive action."""

import asyncpg

from services.accounts import signup
from services.accounts.passwords import Passwords
from services.accounts.rates import Rates
from services.accounts.store import Store
from services.accounts.tokens.access import AccessTokens
from services.kit.errors import CallboxError, Code

# For accounts without a password: how recent the sign-in must be.
FRESH_SECONDS = 600


class Authenticator:
    """Checks who somebody is, and counts the attempts."""

    def __init__(self, store: Store, passwords: Passwords, access: AccessTokens, rates: Rates) -> None:
        self._store = store
        self._passwords = passwords
        self._access = access
        self._rates = rates

    async def by_password(self, email: str, password: str, address: str) -> int:
        """The id of the user with this e-mail and password.

        Raises: CallboxError `not_authenticated` and `rate_limited`, the same for an unknown e-mail and a wrong
        password.
        """
        account = signup.email_key(email)
        await self._rates.log_in(address, account)
        user = await self._store.user_to_log_in(signup.spelled_key(email), account)
        stored = None if user is None else user["password_hash"]
        if not await self._passwords.matches(stored, password) or user is None:
            raise CallboxError(Code.NOT_AUTHENTICATED, "E-mail or password is wrong; check both and try again.")
        await self._rates.logged_in(account)
        user_id: int = user["id"]
        return user_id

    async def reauthenticate(self, access_token: str, password: str, address: str) -> asyncpg.Record:
        """The user of an access token, after a check of the password. Without a password, the sign-in must be recent.

        Raises: CallboxError `not_authenticated`, `token_expired`, `permission_denied`, `rate_limited`.
        """
        access = await self._access.read(access_token)
        user = await self._store.user_with_password(access.user_id)
        if user is None:
            raise CallboxError(Code.NOT_AUTHENTICATED, "This account does not exist any more.")
        if user["password_hash"] is None:
            if access.age_seconds > FRESH_SECONDS:
                raise CallboxError(
                    Code.PERMISSION_DENIED, "Sign in with Google again and repeat this within ten minutes."
                )
            return user
        await self._rates.log_in(address, user["email_key"])
        if not await self._passwords.matches(user["password_hash"], password):
            raise CallboxError(
                Code.PERMISSION_DENIED,
                "The password is wrong; send the one of this account as `password`.",
                {"password": ["is wrong"]},
            )
        await self._rates.logged_in(user["email_key"])
        return user
