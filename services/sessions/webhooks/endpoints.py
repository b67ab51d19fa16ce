"""Endpoints of tenants in SQL. What is another tenant's is not there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg

from services.kit.errors import CallboxError, Code
from services.kit.ids import new_id

if TYPE_CHECKING:
    from services.sessions.store import Store

MAX_ENDPOINTS = 20
OLD_SECRET_LIFE = timedelta(hours=24)
_PREFIX = "whk"
_COLUMNS = "id, url, events, is_active, disabled_reason, created_at, updated_at"


class Endpoints:
    """Reads and writes endpoints. Every method raises CallboxError `upstream_unavailable` when PostgreSQL is away."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(
        self, tenant_id: str, url: str, events: Sequence[str], is_active: bool, sealed_secret: str
    ) -> asyncpg.Record:
        """Makes an endpoint. Raises: CallboxError `conflict` when the tenant has its number of them."""
        async with self._store.connection() as connection, connection.transaction():
            # Two at once would each count without the other.
            await connection.execute("select pg_advisory_xact_lock(hashtext('webhooks ' || $1))", tenant_id)
            count = await connection.fetchval("select count(*) from webhook_endpoints where tenant_id = $1", tenant_id)
            if count >= MAX_ENDPOINTS:
                raise CallboxError(
                    Code.CONFLICT, f"There are {MAX_ENDPOINTS} webhooks already, the most there may be; delete one."
                )
            row = await connection.fetchrow(
                f"""
                insert into webhook_endpoints (id, tenant_id, url, events, is_active, secret)
                values ($1, $2, $3, $4, $5, $6) returning {_COLUMNS}
                """,  # noqa: S608  # our own column names
                new_id(_PREFIX),
                tenant_id,
                url,
                list(events),
                is_active,
                sealed_secret,
            )
        assert row is not None, "an insert returns its row"
        return row

    async def all(self, tenant_id: str) -> list[asyncpg.Record]:
        """Every endpoint of a tenant, newest first."""
        async with self._store.connection() as connection:
            return await connection.fetch(
                f"select {_COLUMNS} from webhook_endpoints where tenant_id = $1 order by seq desc",  # noqa: S608
                tenant_id,
            )

    async def find(self, tenant_id: str, endpoint_id: str) -> asyncpg.Record | None:
        """One endpoint."""
        async with self._store.connection() as connection:
            return await connection.fetchrow(
                f"select {_COLUMNS} from webhook_endpoints where tenant_id = $1 and id = $2",  # noqa: S608
                tenant_id,
                endpoint_id,
            )

    async def change(
        self, tenant_id: str, endpoint_id: str, url: str | None, events: Sequence[str] | None, is_active: bool | None
    ) -> asyncpg.Record | None:
        """Changes what is not None. One that is made active again has no reason to be inactive any more."""
        async with self._store.connection() as connection:
            return await connection.fetchrow(
                f"""
                update webhook_endpoints set
                    url = coalesce($3, url), events = coalesce($4, events), is_active = coalesce($5, is_active),
                    disabled_reason = case when $5 is null then disabled_reason else '' end, updated_at = now()
                where tenant_id = $1 and id = $2 returning {_COLUMNS}
                """,  # noqa: S608
                tenant_id,
                endpoint_id,
                url,
                None if events is None else list(events),
                is_active,
            )

    async def rotate(self, tenant_id: str, endpoint_id: str, sealed_secret: str) -> asyncpg.Record | None:
        """Puts a new secret in the place of the one there is, which goes on signing for a day."""
        async with self._store.connection() as connection:
            return await connection.fetchrow(
                f"""
                update webhook_endpoints set
                    previous_secret = secret, previous_secret_until = now() + $4, secret = $3, updated_at = now()
                where tenant_id = $1 and id = $2 returning {_COLUMNS}
                """,  # noqa: S608
                tenant_id,
                endpoint_id,
                sealed_secret,
                OLD_SECRET_LIFE,
            )

    async def delete(self, tenant_id: str, endpoint_id: str) -> bool:
        """Removes an endpoint and its deliveries; False when there is none."""
        async with self._store.connection() as connection:
            done = await connection.execute(
                "delete from webhook_endpoints where tenant_id = $1 and id = $2", tenant_id, endpoint_id
            )
        return done != "DELETE 0"
