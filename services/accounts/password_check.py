"""Who proves a password, and how often it may be tried."""

from typing import Any

import asyncpg
import grpc

from services.accounts import peer_address, signup
from services.accounts.passwords import Passwords
from services.accounts.rates import Rates
from services.accounts.store import Store
from services.accounts.tokens.access import AccessTokens
from services.kit.errors import CallboxError, Code
from services.kit.identity import GATEWAY_ISSUER
from services.kit.rate_limits import counted_address
from services.kit.rpc.context import current_identity

# How recent a sign-in must be where there is no password to ask for.
FRESH_SECONDS = 600

Context = grpc.aio.ServicerContext[Any, Any]


class Proof:
    """Proves who somebody is."""

    def __init__(self, store: Store, passwords: Passwords, access: AccessTokens, rates: Rates) -> None:
        self._store = store
        self._passwords = passwords
        self._access = access
        self._rates = rates

    async def by_password(self, email: str, password: str, address: str) -> int:
        """The user with this e-mail and password.

        Raises: CallboxError `not_authenticated` and `rate_limited`, alike for an unknown e-mail and a wrong password.
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

    async def again(self, access_token: str, password: str, address: str) -> asyncpg.Record:
        """The user of an access token, who proves once more that it is them: by the password, or where the account has
        none by having signed in just now.

        Raises: CallboxError `not_authenticated`, `token_expired`, `permission_denied`, `rate_limited`.
        """
        access = await self._access.read(access_token)
        user = await self._store.user_to_prove(access.user_id)
        if user is None:
            raise CallboxError(Code.NOT_AUTHENTICATED, "This account exists no more.")
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


def client_address(given: str, context: Context) -> str:
    """The address of the client as it is counted: as the gateway says, else that of whoever asks."""
    try:
        believed = bool(given) and current_identity().is_service(GATEWAY_ISSUER)
    except CallboxError:
        believed = False
    return counted_address(given if believed else peer_address.of_peer(context.peer()))
