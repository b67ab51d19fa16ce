"""PostgreSQL: the connection pool and the migrations of a service, which has a schema of its own."""

from __future__ import annotations

import json
import re
import socket
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolAcquireContext

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

_VERSION_TABLE = "schema_version"
_REVISION = re.compile(r'^(|down_)revision = "([^"]+)"$', re.MULTILINE)
_POOL_MIN, _POOL_MAX = 1, 10
_CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 5.0
# Waiting for a free connection; waiting for the server to cancel the command of one that is given back.
_ACQUIRE_SECONDS, _RELEASE_SECONDS = 1.5, 1.0
_ACQUIRE_IDLE_SECONDS = 300.0
# A connection is replaced after this many.
_MAX_QUERIES = 50_000
# asyncpg raises any of these when a connection breaks. A bare OSError stands for several addresses that all failed.
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
    # A managed server becomes read-only when its disk is full; so does a primary that was just demoted.
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InterfaceError,
)


class _Pool(asyncpg.Pool):
    """A pool with short time limits for acquiring and releasing a connection."""

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext[asyncpg.Record]:
        """As in asyncpg. Raises: TimeoutError."""
        return super().acquire(timeout=_ACQUIRE_SECONDS if timeout is None else timeout)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        """As in asyncpg; a connection that cannot be released in time is closed."""
        await super().release(connection, timeout=_RELEASE_SECONDS if timeout is None else timeout)


async def open_pool(url: str, schema: str) -> Pool:
    """A pool whose connections use `schema` and limit each command to `COMMAND_SECONDS`.

    `jsonb` is converted from and to Python objects.
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
    """Does nothing: asyncpg itself rolls back an open transaction and removes listeners.

    Its default is a round trip at each release to undo session settings, session-level advisory locks and cursors. No
    service uses these on a pooled connection; code that needs them opens a connection of its own.
    """


async def migrate(url: str, schema: str, migrations: Path) -> None:
    """Upgrades a service's schema to the newest revision (Alembic scripts in `migrations/versions`).

    A schema at the newest revision costs one connection and one query. Processes that start together take turns.
    """
    scripts = sorted(path.name for path in (migrations / "versions").glob("*.py"))
    if await _revisions(url, schema) == newest_revisions(migrations, tuple(scripts)):
        return
    # It imports Alembic, which a schema at the newest revision does not need.
    from services.kit import schema_upgrade

    await schema_upgrade.upgrade(url, schema, migrations, _VERSION_TABLE, _CONNECT_SECONDS)


async def _revisions(url: str, schema: str) -> frozenset[str]:
    """The revisions that a schema is at; empty for a new schema."""
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, command_timeout=COMMAND_SECONDS)
    try:
        rows = await connection.fetch(f'select version_num from "{schema}".{_VERSION_TABLE}')  # noqa: S608  # our own words
    except (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError):
        return frozenset()
    finally:
        await connection.close(timeout=_RELEASE_SECONDS)
    return frozenset(row["version_num"] for row in rows)


@lru_cache(maxsize=16)
def newest_revisions(migrations: Path, scripts: tuple[str, ...]) -> frozenset[str]:
    """The revisions that no other one follows, read from the text of the scripts in `migrations/versions`.

    scripts: names of all its files, so that a new script is not missed.
    """
    revisions: set[str] = set()
    followed: set[str] = set()
    for name in scripts:
        for kind, revision in _REVISION.findall((migrations / "versions" / name).read_text()):
            (followed if kind == "down_" else revisions).add(revision)
    return frozenset(revisions - followed)


def is_outage(fault: BaseException) -> bool:
    """Whether an exception means that a server, such as the database, cannot be reached now.

    The pool reconnects by itself.
    """
    return isinstance(fault, _OUTAGES) or type(fault) is OSError


async def check(pool: Pool) -> str | None:
    """None if the database answers, else what is wrong."""
    try:
        await pool.fetchval("select 1", timeout=1.0)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        return f"PostgreSQL does not answer ({type(fault).__name__}); check CALLBOX_DATABASE_URL and the server."
    return None
