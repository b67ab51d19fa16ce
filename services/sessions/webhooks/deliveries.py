"""Deliveries in SQL. The same rows are a durable queue and its log.

A process that sends takes a lease on the row. When the process dies, the lease expires and another one sends.
"""

# ruff: noqa: S608  # only column lists and limits of this module are put into statements

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

from services.kit.errors import CallboxError, Code
from services.sessions.webhooks.retries import GIVE_UP_AFTER

if TYPE_CHECKING:
    from services.sessions.adapters.database import Database

# Longer than a whole attempt can take.
LEASE = timedelta(seconds=30)
_MAX_DUE = 500
_MAX_PRUNED = 5_000
_LOG = """d.id, d.endpoint_id, d.message_id, m.type, d.status, d.attempts, d.http_status, d.error, d.response_excerpt,
    d.duration_ms, d.created_at, d.last_attempt_at, d.next_attempt_at"""

# The recursion steps from endpoint to endpoint by index, so that an endpoint with many deliveries hides no other.
DUE = f"""
    with recursive waiting as (
        (select endpoint_id from webhook_deliveries where status = 'pending' order by endpoint_id limit 1)
        union all
        select (
            select d.endpoint_id from webhook_deliveries d
            where d.status = 'pending' and d.endpoint_id > waiting.endpoint_id
            order by d.endpoint_id limit 1
        ) from waiting where waiting.endpoint_id is not null
    )
    select d.seq, d.endpoint_id, d.tenant_id
    from waiting join webhook_endpoints e on e.id = waiting.endpoint_id
    cross join lateral (
        select d.seq, d.endpoint_id, d.tenant_id, d.next_attempt_at from webhook_deliveries d
        where d.endpoint_id = e.id and d.status = 'pending' and d.next_attempt_at <= now()
          and (d.leased_until is null or d.leased_until < now())
        order by d.next_attempt_at limit $3
    ) d
    where e.is_active and e.id <> all($1) and e.tenant_id <> all($2)
    order by d.next_attempt_at limit {_MAX_DUE}
"""
TAKE_LEASES = """
    update webhook_deliveries d
    set leased_until = now() + $2, attempts = d.attempts + 1, tries = d.tries + 1, last_attempt_at = now()
    from webhook_endpoints e, webhook_messages m
    where d.seq = any($1) and d.status = 'pending' and d.next_attempt_at <= now()
      and (d.leased_until is null or d.leased_until < now())
      and e.id = d.endpoint_id and e.is_active and m.id = d.message_id
    returning d.seq, d.attempts, d.tries, d.give_up_at, d.endpoint_id, d.tenant_id, e.url, e.secret,
        case when e.previous_secret_until > now() then e.previous_secret end as previous_secret,
        d.message_id, m.body
"""
RECORD_OUTCOME = """
    update webhook_deliveries
    set status = $3, next_attempt_at = $4, http_status = $5, error = $6, response_excerpt = $7,
        duration_ms = $8, leased_until = null
    where seq = $1 and attempts = $2
"""
# An endpoint whose URL was changed meanwhile has another receiver and stays active.
DISABLE_ENDPOINT = """
    update webhook_endpoints set is_active = false, disabled_reason = $3, updated_at = now()
    where id = $1 and url = $2
"""
LOG_PAGE = f"""
    select {_LOG} from webhook_deliveries d join webhook_messages m on m.id = d.message_id
    where d.endpoint_id = $1 and d.tenant_id = $2 order by d.seq desc limit $3 offset $4
"""
COUNT_LOG = "select count(*) from webhook_deliveries where endpoint_id = $1 and tenant_id = $2"
LOCK_DELIVERY = """
    select coalesce(d.leased_until > now(), false) as leased, e.is_active
    from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
    where d.id = $1 and d.tenant_id = $2 for update of d
"""
RESTART_DELIVERY = """
    update webhook_deliveries set status = 'pending', tries = 0, next_attempt_at = now(),
        give_up_at = now() + $2 where id = $1
"""
LOG_ENTRY = f"select {_LOG} from webhook_deliveries d join webhook_messages m on m.id = d.message_id where d.id = $1"
GIVE_UP_INACTIVE = """
    update webhook_deliveries d set status = 'failed', next_attempt_at = null, error = 'The webhook was not active.'
    from webhook_endpoints e
    where e.id = d.endpoint_id and not e.is_active and d.status = 'pending' and d.give_up_at < now()
      and (d.leased_until is null or d.leased_until < now())
"""
DELETE_OLD_MESSAGES = f"""
    delete from webhook_messages where id = any(array(
        select id from webhook_messages m where created_at < now() - $1::interval and not exists (
            select from webhook_deliveries d where d.message_id = m.id and d.status = 'pending'
        ) limit {_MAX_PRUNED}
    ))
"""


@dataclass(frozen=True)
class Due:
    """A delivery that is due."""

    seq: int
    endpoint_id: str
    tenant_id: str


@dataclass(frozen=True)
class Leased:
    """A delivery that this process has leased, with all that an attempt needs.

    attempts: begun in all. tries: begun since the message was stored or sent again by hand.
    secret, previous_secret: encrypted.
    """

    seq: int
    attempts: int
    tries: int
    give_up_at: datetime
    endpoint_id: str
    tenant_id: str
    url: str
    secret: str
    previous_secret: str | None
    message_id: str
    body: str


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt. status: of the delivery. gone: the receiver wants nothing more (HTTP 410)."""

    status: str
    next_attempt_at: datetime | None
    http_status: int | None
    error: str
    response_excerpt: str
    duration_ms: float
    gone: bool = False


class Deliveries:
    """Reads and writes deliveries.

    Every method raises CallboxError `upstream_unavailable` when PostgreSQL does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, busy_endpoints: Collection[str], busy_tenants: Collection[str], each: int) -> list[Due]:
        """Due deliveries, oldest first, except those of busy endpoints and tenants. each: the most of one endpoint."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(DUE, list(busy_endpoints), list(busy_tenants), each)
        return [Due(**dict(row)) for row in rows]

    async def lease(self, seqs: Sequence[int]) -> list[Leased]:
        """Leases those of the deliveries that no other process has leased meanwhile, and counts the attempt."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(TAKE_LEASES, list(seqs), LEASE)
        return [Leased(**{field.name: row[field.name] for field in fields(Leased)}) for row in rows]

    async def settle(self, leased: Leased, outcome: Outcome) -> None:
        """Stores the result of an attempt, unless its lease expired and another attempt was begun."""
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(
                RECORD_OUTCOME,
                leased.seq,
                leased.attempts,
                outcome.status,
                outcome.next_attempt_at,
                outcome.http_status,
                outcome.error,
                outcome.response_excerpt,
                outcome.duration_ms,
            )
            if outcome.gone:
                await connection.execute(DISABLE_ENDPOINT, leased.endpoint_id, leased.url, outcome.error)

    async def page(self, tenant_id: str, endpoint_id: str, limit: int, skip: int) -> tuple[list[asyncpg.Record], int]:
        """(a page of the log of an endpoint, newest first; the number of all its entries)."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(LOG_PAGE, endpoint_id, tenant_id, limit, skip)
            total = await connection.fetchval(COUNT_LOG, endpoint_id, tenant_id)
        return rows, total

    async def send_again(self, tenant_id: str, delivery_id: str) -> asyncpg.Record | None:
        """Makes a delivery due now and retries it for another day; None when the tenant has no such delivery.

        Raises: CallboxError `conflict` during an attempt, and for an endpoint that is not active.
        """
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(LOCK_DELIVERY, delivery_id, tenant_id)
            if row is None:
                return None
            if row["leased"]:
                raise CallboxError(Code.CONFLICT, "This message is being delivered just now; look again in a moment.")
            if not row["is_active"]:
                raise CallboxError(Code.CONFLICT, "The webhook is not active; set is_active to true first.")
            await connection.execute(RESTART_DELIVERY, delivery_id, GIVE_UP_AFTER)
            return await connection.fetchrow(LOG_ENTRY, delivery_id)

    async def prune(self, keep: timedelta) -> None:
        """Gives up deliveries that waited too long for an inactive endpoint, and deletes messages older than `keep`."""
        async with self._database.connection() as connection:
            await connection.execute(GIVE_UP_INACTIVE)
            await connection.execute(DELETE_OLD_MESSAGES, keep)
