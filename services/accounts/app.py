"""Wires the accounts service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callbox.accounts.v1 import accounts_pb2, accounts_pb2_grpc

from services.accounts.access import AccessTokens
from services.accounts.passwords import Passwords
from services.accounts.service import AccountsService
from services.accounts.settings import AccountsSettings
from services.accounts.store import Store
from services.accounts.usage import KeyUsage
from services.kit import database
from services.kit.identity import ACCOUNTS_ISSUER, Signer, ensure_keys
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.server import Server
from services.kit.serving import serving

SCHEMA = "accounts"
_MIGRATIONS = Path(__file__).parent / "migrations"


@asynccontextmanager
async def running(settings: AccountsSettings) -> AsyncIterator[Server]:
    """The service, serving; ended with the context."""
    ensure_keys(settings.keys_dir, [ACCOUNTS_ISSUER])
    await until_up("PostgreSQL", lambda: database.migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    server = Server(settings.listen, settings.keys_dir)
    async with await database.open_pool(settings.database_url, SCHEMA) as pool, Passwords() as passwords:
        store = Store(pool)
        async with KeyUsage(store.record_key_uses) as usage:
            service = AccountsService(
                store,
                passwords,
                AccessTokens(settings.keys_dir),
                Signer(settings.keys_dir, ACCOUNTS_ISSUER),
                usage,
                default_concurrent_sessions=settings.default_concurrent_sessions,
                first_account_is_staff=settings.first_account_is_staff,
            )
            accounts_pb2_grpc.add_AccountsServiceServicer_to_server(service, server.grpc)

            async def readiness() -> dict[str, str | None]:
                return {"database": await database.check(pool)}

            full_name = accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"].full_name
            ops = ops_server(settings.ops_listen, readiness)
            async with serving(server, full_name, ops, settings.drain_seconds):
                yield server


async def serve(settings: AccountsSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    async with running(settings):
        await stop.wait()
