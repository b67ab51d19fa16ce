"""One PostgreSQL, one schema a service: pool and migrations."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
from alembic import command
from alembic.config import Config
from asyncpg.pool import PoolAcquireContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

_POOL_MIN, _POOL_MAX = 1, 10
_CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 5.0
# For a connection when all are in use, or to give one back whose command the server has yet to let go of.
_ACQUIRE_SECONDS, _RELEASE_SECONDS = 1.5, 1.0
_ACQUIRE_IDLE_SECONDS = 300.0
# Of one connection, before another takes its place.
_MAX_QUERIES = 50_000
# asyncpg reports a connection that broke under it as any of these. A bare OSError is several failed addresses in one.
_OUTAGES = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # Too many connections, a full disk, no memory.
    asyncpg.InsufficientResourcesError,
    # What a managed server turns to when its disk is full, and a replica that was just promoted away from.
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InterfaceError,
)


class _Pool(asyncpg.Pool):
    """A pool in which nobody waits for long behind those who wait for the server."""

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext[asyncpg.Record]:
        """As asyncpg's; TimeoutError when it takes too long."""
        return super().acquire(timeout=_ACQUIRE_SECONDS if timeout is None else timeout)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        """As asyncpg's; a connection that cannot be given back in time is closed."""
        await super().release(connection, timeout=_RELEASE_SECONDS if timeout is None else timeout)


async def open_pool(url: str, schema: str) -> Pool:
    """A pool whose connections live in `schema` and give up after `COMMAND_SECONDS`.

    `jsonb` is read and written as Python.
    """

    async def prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await connection.set_type_codec(
            "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog", format="text"
        )

    return await _Pool(
        url,
        min_size=_POOL_MIN,
        max_size=_POOL_MAX,
        max_queries=_MAX_QUERIES,
        setup=None,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        timeout=_CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        max_inactive_connection_lifetime=_ACQUIRE_IDLE_SECONDS,
        server_settings={"search_path": schema, "jit": "off"},
        init=prepare,
        reset=_reset,
    )


async def _reset(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing to do: asyncpg itself ends an open transaction and takes listeners away.

    Its default is a round trip at each release, to undo what no service does: settings, advisory locks and cursors that
    outlive their transaction. Who needs one of these takes a connection of their own.
    """


async def migrate(url: str, schema: str, migrations: Path) -> None:
    """Brings a service's schema to its newest version (Alembic scripts in `migrations/versions`).

    Services that start at once wait for each other on an advisory lock.
    """
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_SECONDS},
    )

    def upgrade(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": f"callbox-migrate-{schema}"})
        connection.execute(text(f'create schema if not exists "{schema}"'))
        connection.execute(text(f'set local search_path to "{schema}"'))
        config = Config()
        config.set_main_option("script_location", str(migrations))
        config.attributes.update(connection=connection, schema=schema)
        command.upgrade(config, "head")

    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def run_env(config: Config, context: Any) -> None:
    """The whole `env.py` of a service's migrations: runs them on the connection that `migrate` opened."""
    schema = config.attributes["schema"]
    context.configure(
        connection=config.attributes["connection"], version_table="schema_version", version_table_schema=schema
    )
    with context.begin_transaction():
        context.run_migrations()


def is_outage(fault: BaseException) -> bool:
    """Whether a fault says that a server, the database first of all, cannot be reached right now.

    The pool heals by itself.
    """
    return isinstance(fault, _OUTAGES) or type(fault) is OSError


async def check(pool: Pool) -> str | None:
    """None when the database answers, else what is wrong."""
    try:
        await pool.fetchval("select 1", timeout=1.0)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        return f"PostgreSQL does not answer ({type(fault).__name__}); check CALLBOX_DATABASE_URL and the server."
    return None
