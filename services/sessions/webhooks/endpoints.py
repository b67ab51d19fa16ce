"""Webhook endpoints in SQL. Every statement is limited to one tenant."""

# ruff: noqa: S608  # only the column list of this module is put into statements

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg

from services.kit.errors import CallboxError, Code
from services.kit.ids import new_id

if TYPE_CHECKING:
    from services.sessions.adapters.database import Database

MAX_ENDPOINTS = 20
OLD_SECRET_LIFE = timedelta(hours=24)
_PREFIX = "whk"
_COLUMNS = "id, url, events, is_active, disabled_reason, created_at, updated_at"

LOCK_TENANT = "select pg_advisory_xact_lock(hashtext('webhooks ' || $1))"
COUNT_ENDPOINTS = "select count(*) from webhook_endpoints where tenant_id = $1"
INSERT_ENDPOINT = f"""
    insert into webhook_endpoints (id, tenant_id, url, events, is_active, secret)
    values ($1, $2, $3, $4, $5, $6) returning {_COLUMNS}
"""
ENDPOINTS = f"select {_COLUMNS} from webhook_endpoints where tenant_id = $1 order by seq desc"
ENDPOINT = f"select {_COLUMNS} from webhook_endpoints where tenant_id = $1 and id = $2"
UPDATE_ENDPOINT = f"""
    update webhook_endpoints set
        url = coalesce($3, url), events = coalesce($4, events), is_active = coalesce($5, is_active),
        disabled_reason = case when $5 is null then disabled_reason else '' end, updated_at = now()
    where tenant_id = $1 and id = $2 returning {_COLUMNS}
"""
ROTATE_SECRET = f"""
    update webhook_endpoints set
        previous_secret = secret, previous_secret_until = now() + $4, secret = $3, updated_at = now()
    where tenant_id = $1 and id = $2 returning {_COLUMNS}
"""
DELETE_ENDPOINT = "delete from webhook_endpoints where tenant_id = $1 and id = $2"


class Endpoints:
    """Reads and writes endpoints.

    Every method raises CallboxError `upstream_unavailable` when PostgreSQL does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, tenant_id: str, url: str, events: Sequence[str], is_active: bool, encrypted_secret: str
    ) -> asyncpg.Record:
        """Adds an endpoint. Raises: CallboxError `conflict` when the tenant has `MAX_ENDPOINTS`."""
        async with self._database.connection() as connection, connection.transaction():
            # Without the lock, two requests at once could both count one endpoint too few.
            await connection.execute(LOCK_TENANT, tenant_id)
            if await connection.fetchval(COUNT_ENDPOINTS, tenant_id) >= MAX_ENDPOINTS:
                raise CallboxError(
                    Code.CONFLICT, f"There are {MAX_ENDPOINTS} webhooks already, the most there may be; delete one."
                )
            row = await connection.fetchrow(
                INSERT_ENDPOINT, new_id(_PREFIX), tenant_id, url, list(events), is_active, encrypted_secret
            )
        assert row is not None, "an insert returns its row"
        return row

    async def all(self, tenant_id: str) -> list[asyncpg.Record]:
        """Every endpoint of a tenant, newest first."""
        async with self._database.connection() as connection:
            return await connection.fetch(ENDPOINTS, tenant_id)

    async def find(self, tenant_id: str, endpoint_id: str) -> asyncpg.Record | None:
        """One endpoint."""
        async with self._database.connection() as connection:
            return await connection.fetchrow(ENDPOINT, tenant_id, endpoint_id)

    async def change(
        self, tenant_id: str, endpoint_id: str, url: str | None, events: Sequence[str] | None, is_active: bool | None
    ) -> asyncpg.Record | None:
        """Changes the fields that are not None. Setting `is_active` clears the reason why the endpoint was disabled."""
        async with self._database.connection() as connection:
            return await connection.fetchrow(
                UPDATE_ENDPOINT, tenant_id, endpoint_id, url, None if events is None else list(events), is_active
            )

    async def rotate(self, tenant_id: str, endpoint_id: str, encrypted_secret: str) -> asyncpg.Record | None:
        """Sets a new secret. The previous one still signs as well for `OLD_SECRET_LIFE`."""
        async with self._database.connection() as connection:
            return await connection.fetchrow(ROTATE_SECRET, tenant_id, endpoint_id, encrypted_secret, OLD_SECRET_LIFE)

    async def delete(self, tenant_id: str, endpoint_id: str) -> bool:
        """Deletes an endpoint and its deliveries; False when there is none."""
        async with self._database.connection() as connection:
            done = await connection.execute(DELETE_ENDPOINT, tenant_id, endpoint_id)
        return done != "DELETE 0"
