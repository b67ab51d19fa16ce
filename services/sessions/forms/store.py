"""Answers to forms in PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.sessions.store import Connection, Store
from services.sessions.webhooks import outbox
from services.sessions.webhooks.kinds import FORM_SUBMITTED

KEY_LIFE = timedelta(hours=24)
# More than this many answers of some calls are not read at once.
MAX_OF_SESSIONS = 5_000
# Of one call, in its history.
MAX_OF_SESSION = 200
_MAX_FIELD_SETS = 1_000
_COLUMNS = "id, tenant_id, character_id, character_slug, form_id, session_id, body, field_names, create_time"
# Answers given in some calls, of one tenant or of any, oldest first, at most so many.
OF_SESSIONS = (
    f"select {_COLUMNS} from form_responses where session_id = any($1) "  # noqa: S608  # columns of our own
    "and ($2::text is null or tenant_id = $2) order by id limit $3"
)


@dataclass(frozen=True, slots=True)
class NewResponse:
    """An answer that was judged. session_id: None for none. digest: of what was asked, for its idempotency key."""

    tenant_id: str
    character_id: str
    character_slug: str
    form_id: str
    session_id: str | None
    body: dict[str, Any]
    field_names: tuple[str, ...]
    idempotency_key: str | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """An answer as it is kept."""

    id: int
    tenant_id: str
    character_id: str
    character_slug: str
    form_id: str
    session_id: str | None
    body: dict[str, Any]
    field_names: list[str]
    create_time: datetime

    def values(self) -> dict[str, Any]:
        """Field name to value, in the order of the form."""
        return {name: self.body[name] for name in self.field_names if name in self.body} | self.body


@dataclass(frozen=True, slots=True)
class CallOf:
    """The call in which an answer is given."""

    character_id: str
    join_time: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers are meant; empty means any."""

    character_id: str
    form_id: str = ""
    session_id: str = ""

    def where(self) -> tuple[str, list[object]]:
        """(SQL condition, its arguments)."""
        conditions, arguments = ["character_id = $1"], list[object]([self.character_id])
        for column, value in (("form_id", self.form_id), ("session_id", self.session_id)):
            if value:
                arguments.append(value)
                conditions.append(f"{column} = ${len(arguments)}")
        return " and ".join(conditions), arguments


def submitted(stored: StoredResponse) -> dict[str, Any]:
    """An answer as JSON that tells others of it (contract 14.11, `form.submitted`)."""
    return {
        "id": stored.id,
        "character_slug": stored.character_slug,
        "form_id": stored.form_id,
        "session_id": stored.session_id,
        "values": stored.values(),
        "created_at": outbox.iso(stored.create_time),
    }


async def tell_webhooks(connection: Connection, stored: StoredResponse) -> None:
    """Enqueues `form.submitted` for whoever wants it."""
    await outbox.enqueue(connection, stored.tenant_id, FORM_SUBMITTED, submitted(stored))


# Told of an answer inside the transaction that stores it; what it raises takes the answer back.
Listener = Callable[[Connection, StoredResponse], Awaitable[None]]


class FormStore:
    """Reads and writes answers.

    Every method raises CallboxError `upstream_unavailable` when PostgreSQL is away.
    """

    def __init__(self, store: Store, listeners: Sequence[Listener] = ()) -> None:
        self._store = store
        self._listeners = tuple(listeners)

    async def add(self, new: NewResponse) -> StoredResponse | None:
        """Stores an answer and tells the listeners, all or nothing; None when its idempotency key is taken."""
        async with self._store.connection() as connection, connection.transaction():
            if new.idempotency_key is not None:
                await connection.execute(
                    "update form_responses set idempotency_key = null, digest = null "
                    "where character_id = $1 and idempotency_key = $2 and create_time < now() - $3::interval",
                    new.character_id,
                    new.idempotency_key,
                    KEY_LIFE,
                )
            row = await connection.fetchrow(
                f"""
                insert into form_responses (
                    tenant_id, character_id, character_slug, form_id, session_id, body, field_names,
                    idempotency_key, digest
                ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (character_id, idempotency_key) where idempotency_key is not null do nothing
                returning {_COLUMNS}
                """,  # noqa: S608  # columns of our own
                new.tenant_id,
                new.character_id,
                new.character_slug,
                new.form_id,
                new.session_id,
                new.body,
                list(new.field_names),
                new.idempotency_key,
                new.digest,
            )
            if row is None:
                return None
            stored = _stored(row)
            for listener in self._listeners:
                await listener(connection, stored)
            return stored

    async def by_key(self, character_id: str, idempotency_key: str) -> tuple[StoredResponse, bytes] | None:
        """(the answer that was stored under a key that is still good, its digest)."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(
                f"select {_COLUMNS}, digest from form_responses "  # noqa: S608
                "where character_id = $1 and idempotency_key = $2 and create_time >= now() - $3::interval",
                character_id,
                idempotency_key,
                KEY_LIFE,
            )
        return None if row is None else (_stored(row), row["digest"])

    async def call_of(self, session_id: str) -> CallOf | None:
        """The call that a session is."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(
                "select character_id, join_time from sessions where session_id = $1", session_id
            )
        return None if row is None else CallOf(row["character_id"], row["join_time"])

    async def page(self, wanted: Wanted, below: int, skip: int, limit: int) -> list[StoredResponse]:
        """Answers with a number below a bound, newest first."""
        where, arguments = wanted.where()
        count = len(arguments)
        async with self._store.connection() as connection:
            rows = await connection.fetch(
                f"select {_COLUMNS} from form_responses where {where} and id < ${count + 1} "  # noqa: S608
                f"order by id desc offset ${count + 2} limit ${count + 3}",
                *arguments,
                below,
                skip,
                limit,
            )
        return [_stored(row) for row in rows]

    async def count(self, wanted: Wanted) -> int:
        """How many answers match."""
        where, arguments = wanted.where()
        async with self._store.connection() as connection:
            total: int = await connection.fetchval(
                f"select count(*) from form_responses where {where}",  # noqa: S608
                *arguments,
            )
        return total

    async def field_names(self, wanted: Wanted) -> list[str]:
        """Every field name of the answers that match, those of the newest form first, each form's in its order."""
        where, arguments = wanted.where()
        async with self._store.connection() as connection:
            rows = await connection.fetch(
                f"select field_names from form_responses where {where} "  # noqa: S608
                f"group by field_names order by max(id) desc limit {_MAX_FIELD_SETS}",
                *arguments,
            )
        return list(dict.fromkeys(name for row in rows for name in row["field_names"]))

    async def of_sessions(self, session_ids: Sequence[str], tenant_id: str | None) -> list[StoredResponse]:
        """Answers given in some calls, oldest first. tenant_id: only of this tenant; None for any."""
        async with self._store.connection() as connection:
            return await of_sessions(connection, session_ids, tenant_id, MAX_OF_SESSIONS)


async def of_sessions(
    connection: Connection, session_ids: Sequence[str], tenant_id: str | None, limit: int
) -> list[StoredResponse]:
    """Answers given in some calls, oldest first. tenant_id: only of this tenant; None for any."""
    return [_stored(row) for row in await connection.fetch(OF_SESSIONS, list(session_ids), tenant_id, limit)]


def _stored(row: asyncpg.Record) -> StoredResponse:
    return StoredResponse(**{name: row[name] for name in StoredResponse.__slots__})
