"""Form responses in PostgreSQL."""

# ruff: noqa: S608  # only column lists and conditions of this module are put into statements

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from callbox.sessions.v1 import forms_pb2 as pb

from services.kit.structs import to_struct
from services.kit.times import iso, timestamp
from services.sessions import idempotency_key as keys
from services.sessions.adapters.database import Connection, Database
from services.sessions.webhooks import outbox
from services.sessions.webhooks.event_types import FORM_SUBMITTED

# The most answers that are read at once for several calls, and for the history of one call.
MAX_OF_SESSIONS = 5_000
MAX_OF_SESSION = 200
_MAX_FIELD_SETS = 1_000
_COLUMNS = "id, tenant_id, character_id, character_slug, form_id, session_id, body, field_names, create_time"

FREE_EXPIRED_KEY = """
    update form_responses set idempotency_key = null, digest = null
    where character_id = $1 and idempotency_key = $2 and create_time < now() - $3::interval
"""
INSERT_RESPONSE = f"""
    insert into form_responses (
        tenant_id, character_id, character_slug, form_id, session_id, body, field_names, idempotency_key, digest
    ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (character_id, idempotency_key) where idempotency_key is not null do nothing
    returning {_COLUMNS}
"""
RESPONSE_BY_KEY = f"""
    select {_COLUMNS}, digest from form_responses
    where character_id = $1 and idempotency_key = $2 and create_time >= now() - $3::interval
"""
CALL_OF_SESSION = "select tenant_id, character_id, join_time from sessions where session_id = $1"
# $2: a tenant, or null for any.
OF_SESSIONS = f"""
    select {_COLUMNS} from form_responses where session_id = any($1)
    and ($2::text is null or tenant_id = $2) order by id limit $3
"""


@dataclass(frozen=True, slots=True)
class NewResponse:
    """A valid answer to store. session_id: None when it was not given in a call. digest: for its idempotency key."""

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
    """A stored answer."""

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

    def message(self) -> pb.FormResponse:
        """The answer as a protobuf message."""
        return pb.FormResponse(
            id=self.id,
            form_id=self.form_id,
            session_id=self.session_id or "",
            values=to_struct(self.values()),
            create_time=timestamp(self.create_time),
            field_names=self.field_names,
        )


@dataclass(frozen=True, slots=True)
class FormCall:
    """The call in which an answer is given."""

    tenant_id: str
    character_id: str
    join_time: datetime | None


@dataclass(frozen=True, slots=True)
class ResponseFilter:
    """Which answers match; an empty field matches any."""

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


def page(wanted: ResponseFilter, below: int, skip: int, limit: int) -> tuple[str, list[object]]:
    """(SQL of a page of answers with a number below a bound, newest first; its arguments)."""
    where, arguments = wanted.where()
    count = len(arguments)
    statement = f"""
        select {_COLUMNS} from form_responses where {where} and id < ${count + 1}
        order by id desc offset ${count + 2} limit ${count + 3}
    """
    return statement, [*arguments, below, skip, limit]


def count(wanted: ResponseFilter) -> tuple[str, list[object]]:
    """(SQL that counts answers, its arguments)."""
    where, arguments = wanted.where()
    return f"select count(*) from form_responses where {where}", arguments


def field_names(wanted: ResponseFilter) -> tuple[str, list[object]]:
    """(SQL of the different sets of field names, that of the newest answer first; its arguments)."""
    where, arguments = wanted.where()
    statement = f"""
        select field_names from form_responses where {where}
        group by field_names order by max(id) desc limit {_MAX_FIELD_SETS}
    """
    return statement, arguments


def submitted(stored: StoredResponse) -> dict[str, Any]:
    """The data of the webhook `form.submitted` (contract 14.11)."""
    return {
        "id": stored.id,
        "character_slug": stored.character_slug,
        "form_id": stored.form_id,
        "session_id": stored.session_id,
        "values": stored.values(),
        "created_at": iso(stored.create_time),
    }


async def enqueue_webhook(connection: Connection, stored: StoredResponse) -> None:
    """Stores the webhook `form.submitted` for every endpoint that wants it."""
    await outbox.enqueue(connection, stored.tenant_id, FORM_SUBMITTED, submitted(stored))


# Called inside the transaction that stores an answer; when it raises, the answer is not stored.
Listener = Callable[[Connection, StoredResponse], Awaitable[None]]


class FormStore:
    """Reads and writes answers.

    Every method raises CallboxError `upstream_unavailable` when PostgreSQL does not answer.
    """

    def __init__(self, database: Database, listeners: Sequence[Listener] = ()) -> None:
        self._database = database
        self._listeners = tuple(listeners)

    async def add(self, new: NewResponse) -> StoredResponse | None:
        """Stores an answer and calls the listeners, all or nothing; None when its idempotency key is in use."""
        async with self._database.connection() as connection, connection.transaction():
            if new.idempotency_key is not None:
                await connection.execute(FREE_EXPIRED_KEY, new.character_id, new.idempotency_key, keys.LIFE)
            row = await connection.fetchrow(
                INSERT_RESPONSE,
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
        """(the answer that was stored with a key that has not expired, its digest)."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(RESPONSE_BY_KEY, character_id, idempotency_key, keys.LIFE)
        return None if row is None else (_stored(row), row["digest"])

    async def call_of(self, session_id: str) -> FormCall | None:
        """The call with this session id."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(CALL_OF_SESSION, session_id)
        return None if row is None else FormCall(row["tenant_id"], row["character_id"], row["join_time"])

    async def page(self, wanted: ResponseFilter, below: int, skip: int, limit: int) -> list[StoredResponse]:
        """Answers with a number below a bound, newest first."""
        statement, arguments = page(wanted, below, skip, limit)
        async with self._database.connection() as connection:
            return [_stored(row) for row in await connection.fetch(statement, *arguments)]

    async def count(self, wanted: ResponseFilter) -> int:
        """How many answers match."""
        statement, arguments = count(wanted)
        async with self._database.connection() as connection:
            total: int = await connection.fetchval(statement, *arguments)
        return total

    async def field_names(self, wanted: ResponseFilter) -> list[str]:
        """Every field name of the answers that match, those of the newest answers first, in the order of the form."""
        statement, arguments = field_names(wanted)
        async with self._database.connection() as connection:
            rows = await connection.fetch(statement, *arguments)
        return list(dict.fromkeys(name for row in rows for name in row["field_names"]))

    async def of_sessions(self, session_ids: Sequence[str], tenant_id: str | None) -> list[StoredResponse]:
        """Answers given in some calls, oldest first. tenant_id: only of this tenant; None for any."""
        async with self._database.connection() as connection:
            return await of_sessions(connection, session_ids, tenant_id, MAX_OF_SESSIONS)


async def of_sessions(
    connection: Connection, session_ids: Sequence[str], tenant_id: str | None, limit: int
) -> list[StoredResponse]:
    """Answers given in some calls, oldest first. tenant_id: only of this tenant; None for any."""
    return [_stored(row) for row in await connection.fetch(OF_SESSIONS, list(session_ids), tenant_id, limit)]


def _stored(row: asyncpg.Record) -> StoredResponse:
    return StoredResponse(**{name: row[name] for name in StoredResponse.__slots__})
