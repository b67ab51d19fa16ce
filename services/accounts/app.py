"""Wires the accounts service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from callbox.accounts.v1 import accounts_pb2, accounts_pb2_grpc, google_pb2_grpc, user_data_pb2_grpc

from services.accounts.account_data import UserDataService
from services.accounts.authentication import Authenticator
from services.accounts.google.oidc_client import OidcClient
from services.accounts.google.service import GoogleService
from services.accounts.key_usage import KeyUsage
from services.accounts.passwords import HASHER, Passwords
from services.accounts.rates import Limits, Rates
from services.accounts.service import AccountsService
from services.accounts.settings import AccountsSettings
from services.accounts.store import Store
from services.accounts.tokens.access import AccessTokens
from services.accounts.tokens.encryption import fernet, identity_key
from services.accounts.tokens.issuer import TokenIssuer
from services.accounts.tokens.signing_keys import SigningKeys
from services.kit import database
from services.kit.identity import ACCOUNTS_ISSUER, Signer, ensure_keys
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.rpc.server import Server
from services.kit.rpc.serving import serving

SCHEMA = "accounts"
_SIGN_IN_PURPOSE = b"callbox sign-in in progress"
_MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def running(settings: AccountsSettings, hasher: PasswordHasher = HASHER) -> AsyncIterator[Server]:
    """Serves until the context ends.

    hasher: an argument and no setting, so that no installation can weaken its passwords; tests pass a cheap one.
    """
    ensure_keys(settings.keys_dir, [ACCOUNTS_ISSUER])
    await until_up("PostgreSQL", lambda: database.migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    server = Server(settings.listen, settings.keys_dir)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await database.open_pool(settings.database_url, SCHEMA))
        passwords = await stack.enter_async_context(Passwords(hasher))
        keys = await stack.enter_async_context(
            SigningKeys(pool, settings.keys_dir, timedelta(days=settings.access_key_days))
        )
        rates = Rates(settings.redis_url, _limits(settings))
        stack.push_async_callback(rates.close)
        google = OidcClient(
            settings.google_issuer,
            settings.google_client_id,
            settings.google_client_secret.get_secret_value(),
            settings.google_redirect_url,
            fernet(identity_key(settings.keys_dir), _SIGN_IN_PURPOSE),
        )
        stack.push_async_callback(google.close)
        store, access, signer = Store(pool), AccessTokens(keys), Signer(settings.keys_dir, ACCOUNTS_ISSUER)
        usage = await stack.enter_async_context(KeyUsage(store.record_key_uses))
        tokens, authenticator = TokenIssuer(store, access), Authenticator(store, passwords, access, rates)
        accounts_pb2_grpc.add_AccountsServiceServicer_to_server(
            AccountsService(
                store,
                passwords,
                access,
                tokens,
                authenticator,
                rates,
                signer,
                usage,
                default_concurrent_sessions=settings.default_concurrent_sessions,
                first_account_is_staff=settings.first_account_is_staff,
            ),
            server.grpc,
        )
        google_pb2_grpc.add_GoogleServiceServicer_to_server(
            GoogleService(
                store,
                google,
                tokens,
                authenticator,
                rates,
                default_concurrent_sessions=settings.default_concurrent_sessions,
                first_account_is_staff=settings.first_account_is_staff,
            ),
            server.grpc,
        )
        user_data_pb2_grpc.add_UserDataServiceServicer_to_server(
            UserDataService(pool, store, authenticator, signer, usage), server.grpc
        )

        async def readiness() -> dict[str, str | None]:
            return {"database": await database.check(pool)}

        full_name = accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"].full_name
        ops = ops_server(settings.ops_listen, readiness)
        async with serving(server, full_name, ops, settings.drain_seconds):
            yield server


async def rotate_keys(settings: AccountsSettings, *, revoke: bool) -> str:
    """Makes a new key that signs access tokens, also in every running process; its id.

    revoke: tokens that were issued before are refused, by running processes within seconds.
    """
    ensure_keys(settings.keys_dir, [ACCOUNTS_ISSUER])
    async with await database.open_pool(settings.database_url, SCHEMA) as pool:
        return await SigningKeys(pool, settings.keys_dir, timedelta(days=settings.access_key_days)).rotate(
            revoke=revoke
        )


def _limits(settings: AccountsSettings) -> Limits:
    return Limits(
        log_in_by_address=settings.log_in_rate_by_address,
        log_in_by_account=settings.log_in_rate_by_account,
        sign_up_by_address=settings.sign_up_rate_by_address,
        sign_up_by_account=settings.sign_up_rate_by_account,
        refresh_by_address=settings.refresh_rate_by_address,
        google_by_address=settings.google_rate_by_address,
    )


async def serve(settings: AccountsSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    async with running(settings):
        await stop.wait()
