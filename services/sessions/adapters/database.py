"""Connections to the schema of this service, each with a deadline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from services.kit.database import Pool
from services.sessions.adapters.outages import reaching

SCHEMA = "sessions"
DATABASE_SECONDS = 2.0

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


class Database:
    """The connection pool of this service."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @asynccontextmanager
    async def connection(self, seconds: float = DATABASE_SECONDS) -> AsyncIterator[Connection]:
        """A connection for at most `seconds`.

        Raises: CallboxError `upstream_unavailable` when PostgreSQL does not answer in time.
        """
        async with reaching("PostgreSQL", seconds), self.pool.acquire() as connection:
            yield connection
