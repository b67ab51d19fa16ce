"""Sessions in SQL. Each transition is one statement, which changes a row only if the row is in the expected state."""

# ruff: noqa: S608  # only column lists and limits of this module are put into statements

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.sessions.adapters.database import Connection, Database
from services.sessions.admission.slots import Grant, HeldSlot
from services.sessions.webhooks import outbox
from services.sessions.webhooks.event_types import SESSION_ENDED, SESSION_STARTED

# Rows that one reading of due work returns; the next pass reads the rest.
_MAX_DUE = 500


@dataclass(frozen=True)
class Call:
    """The columns of a session that its life cycle needs."""

    session_id: str
    tenant_id: str
    status: str
    end_reason: str | None
    room_name: str
    participant_identity: str
    slot_held: bool
    worker_id: str | None
    dispatch_count: int
    join_time: datetime | None
    end_time: datetime | None
    caller_left_time: datetime | None
    notice_code: str | None
    notice_message: str | None


@dataclass(frozen=True)
class NewSession:
    """The columns of a session that its start sets."""

    session_id: str
    tenant_id: str
    owner_id: int
    character_id: str
    character_slug: str
    character_version: int
    user_id: int
    room_name: str
    participant_identity: str
    origin_url: str
    metadata: dict[str, Any]
    snapshot: bytes
    mcp_headers: dict[str, str]
    trace_context: dict[str, str]
    max_call_seconds: int


@dataclass(frozen=True)
class Notice:
    """What a caller is told on `voice.error`."""

    code: str
    message: str


_CALL = ", ".join(field.name for field in fields(Call))
# Further columns that a webhook needs. `is_first`: this statement is the one in which the caller joined.
_WEBHOOK = "character_slug, character_version, create_time, metadata, join_time = now() as is_first"
_NEW = [field.name for field in fields(NewSession)]

INSERT_SESSION = f"""
    insert into sessions ({", ".join(_NEW)}, worker_id, token_expire_time)
    values ({", ".join(f"${number}" for number in range(1, len(_NEW) + 1))},
        ${len(_NEW) + 1}, now() + ${len(_NEW) + 2}::interval)
    returning *
"""
DELETE_UNJOINED = "delete from sessions where session_id = $1 and join_time is null"
HELD_SLOTS = "select session_id, worker_id, tenant_id from sessions where status <> 'ended' and slot_held"
CALL = f"select {_CALL} from sessions where session_id = $1"
CALLS = f"select {_CALL} from sessions where session_id = any($1)"
CALL_IN_ROOM = f"select {_CALL} from sessions where room_name = $1"
CALLS_IN_ROOMS = f"select {_CALL} from sessions where room_name = any($1)"
CLAIM = """
    update sessions set claim_time = coalesce(claim_time, now()), agent_left_time = null
    where session_id = $1 and worker_id = $2 and status <> 'ended' and slot_held
    returning *
"""
REDISPATCH = f"""
    update sessions
    set worker_id = $3, dispatch_time = now(), dispatch_count = dispatch_count + 1
    where session_id = $1 and worker_id = $2 and claim_time is null and slot_held and status <> 'ended'
    returning {_CALL}
"""
READMIT = f"""
    update sessions
    set slot_held = true, worker_id = $2, slot_time = now(), dispatch_time = now(),
        dispatch_count = 1, claim_time = null, status = 'active', join_time = coalesce(join_time, now()),
        caller_sid = $3, room_sid = $4, caller_left_time = null, agent_left_time = null, room_delete_time = null
    where session_id = $1 and not slot_held and status <> 'ended' and token_expire_time > now()
    returning {_CALL}, {_WEBHOOK}
"""
RELEASE_SLOT = f"""
    update sessions
    set slot_held = false, claim_time = null, agent_left_time = null, dispatch_count = 0
    where session_id = $1 and status = 'created' and slot_held
    returning {_CALL}
"""
RELEASE_UNJOINED_SLOT = f"""
    update sessions
    set slot_held = false, claim_time = null, agent_left_time = null, dispatch_count = 0
    where id = (
        select id from sessions
        where status = 'created' and slot_held and slot_time <= now() - $1::interval
          and ($2::text is null or tenant_id = $2)
        order by slot_time limit 1 for update skip locked
    ) and status = 'created' and slot_held
    returning {_CALL}
"""
CALLER_JOINED = f"""
    update sessions
    set status = 'active', join_time = coalesce(join_time, now()), caller_sid = $3, room_sid = $4,
        caller_left_time = null
    where room_name = $1 and participant_identity = $2 and status <> 'ended' and slot_held
      and not (status = 'created' and agent_left_time is not null)
    returning {_CALL}, {_WEBHOOK}
"""
CALLER_LEFT = f"""
    update sessions set caller_left_time = now()
    where room_name = $1 and status = 'active' and caller_left_time is null
      and ($2::text is null or caller_sid = $2) and ($3::text is null or room_sid = $3)
    returning {_CALL}
"""
AGENT_JOINED = "update sessions set agent_left_time = null where room_name = $1 and agent_left_time is not null"
AGENT_LEFT = f"""
    update sessions set agent_left_time = now()
    where room_name = $1 and status <> 'ended' and slot_held and date_trunc('second', claim_time) <= $2
    returning {_CALL}
"""
FINALISE = f"""
    update sessions
    set status = 'ended', end_reason = $2, finalize_time = now(), slot_held = false,
        end_time = case when $2 = 'client_left' then coalesce(caller_left_time, now()) else now() end,
        snapshot = null, mcp_headers = null, notice_code = $3, notice_message = $4,
        room_delete_time = case when $3::text is null or join_time is not null then now() + $5::interval end
    where session_id = $1 and status <> 'ended'
    returning {_CALL}, {_WEBHOOK}
"""
ROOM_DELETED = "update sessions set room_delete_time = null where session_id = $1"
ROOMS_TO_DELETE = (
    f"select {_CALL} from sessions where room_delete_time <= now() order by room_delete_time limit {_MAX_DUE}"
)
OPEN_CALLS = f"""
    select {_CALL} from sessions
    where tenant_id = $1 and (status <> 'ended' or room_delete_time is not null) limit {_MAX_DUE}
"""
FORGET_USER = "update sessions set user_id = 0 where user_id = $1 and tenant_id <> $2"


def _call(row: asyncpg.Record | None) -> Call | None:
    return None if row is None else Call(**{field.name: row[field.name] for field in fields(Call)})


class Store:
    """Sessions and their transitions.

    Every method raises CallboxError `upstream_unavailable` when PostgreSQL does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        new: NewSession,
        grant: Grant,
        token_seconds: int,
        seconds: float,
    ) -> asyncpg.Record:
        """Stores an admitted session; the whole row. seconds: the deadline."""
        async with self._database.connection(seconds) as connection:
            row = await connection.fetchrow(
                INSERT_SESSION,
                *(getattr(new, name) for name in _NEW),
                grant.worker_id,
                timedelta(seconds=token_seconds),
            )
            assert row is not None, "an insert returns its row"
        return row

    async def delete_unjoined(self, session_id: str) -> None:
        """Deletes a session whose start failed half-way."""
        async with self._database.connection() as connection:
            await connection.execute(DELETE_UNJOINED, session_id)

    async def held_slots(self) -> list[HeldSlot]:
        """Every slot that is held."""
        async with self._database.connection() as connection:
            return [HeldSlot(**dict(row)) for row in await connection.fetch(HELD_SLOTS)]

    async def call(self, session_id: str) -> Call | None:
        """One session."""
        return await self._one(CALL, session_id)

    async def calls(self, session_ids: Sequence[str]) -> list[Call]:
        """Those of the sessions that exist."""
        return await self._many(CALLS, list(session_ids))

    async def call_in_room(self, room: str) -> Call | None:
        """The session of a room."""
        return await self._one(CALL_IN_ROOM, room)

    async def calls_in_rooms(self, rooms: Sequence[str]) -> list[Call]:
        """The sessions of some rooms."""
        return await self._many(CALLS_IN_ROOMS, list(rooms))

    async def claim(self, session_id: str, worker_id: str) -> asyncpg.Record | None:
        """Gives a dispatched session to the worker whose slot it holds; the whole row, or None."""
        async with self._database.connection() as connection:
            return await connection.fetchrow(CLAIM, session_id, worker_id)

    async def redispatch(self, call: Call, grant: Grant) -> bool:
        """Moves an unclaimed session to another worker; False when it was claimed, moved or ended meanwhile."""
        moved = await self._one(REDISPATCH, call.session_id, call.worker_id, grant.worker_id)
        return moved is not None

    async def readmit(self, session_id: str, grant: Grant, caller_sid: str, room_sid: str) -> bool:
        """Gives a new slot to a session whose caller joined late; False when it holds one or has ended."""
        joined = await self._join(READMIT, session_id, grant.worker_id, caller_sid, room_sid)
        return joined is not None

    async def release_slot(self, session_id: str) -> Call | None:
        """Takes the slot from a session that nobody has joined; None when it was joined, holds none or has ended."""
        return await self._one(RELEASE_SLOT, session_id)

    async def release_unjoined_slot(self, seconds: float, tenant_id: str | None) -> Call | None:
        """Takes the slot from the session that has held one longest without being joined; None without such a session.

        seconds: the least time it must have held the slot. tenant_id: only sessions of this tenant, if given.
        """
        return await self._one(RELEASE_UNJOINED_SLOT, timedelta(seconds=seconds), tenant_id)

    async def caller_joined(self, room: str, identity: str, caller_sid: str, room_sid: str) -> Call | None:
        """Notes that the caller is in the room; None unless the session is open and holds a slot whose agent is there.

        caller_sid, room_sid: LiveKit's ids of this participant and this room.
        """
        return await self._join(CALLER_JOINED, room, identity, caller_sid, room_sid)

    async def caller_left(self, room: str, *, caller_sid: str | None = None, room_sid: str | None = None) -> bool:
        """Notes that the caller is not in the room any more. A given id must be the one that was noted last."""
        return await self._one(CALLER_LEFT, room, caller_sid, room_sid) is not None

    async def agent_joined(self, room: str) -> None:
        """Notes that the agent is in the room."""
        async with self._database.connection() as connection:
            await connection.execute(AGENT_JOINED, room)

    async def agent_left(self, room: str, when: datetime) -> bool:
        """Notes that the agent is not in the room any more; False when the claim is newer than `when`."""
        return await self._one(AGENT_LEFT, room, when) is not None

    async def room_deleted(self, session_id: str) -> None:
        """Notes that the room of an ended session is deleted."""
        async with self._database.connection() as connection:
            await connection.execute(ROOM_DELETED, session_id)

    async def rooms_to_delete(self) -> list[Call]:
        """Sessions whose room is due to be deleted."""
        return await self._many(ROOMS_TO_DELETE)

    async def open_calls(self, tenant_id: str) -> list[Call]:
        """Sessions of a tenant that have not ended, or whose room is still to be deleted."""
        return await self._many(OPEN_CALLS, tenant_id)

    async def forget_user(self, user_id: int, tenant_id: str) -> None:
        """Removes the user from the sessions of other tenants that they started; those stay, as a visitor's."""
        async with self._database.connection() as connection:
            await connection.execute(FORGET_USER, user_id, tenant_id)

    async def finalise(
        self,
        session_id: str,
        reason: str,
        notice: Notice | None,
        linger_seconds: float,
        connection: Connection | None = None,
    ) -> Call | None:
        """Ends a session; None when it had ended, so that of several callers exactly one gets the session.

        linger_seconds: how long the room stays. With a notice, a room that nobody has joined yet stays until the caller
        who joins was told.
        connection: its transaction is used, if given. The webhook message is stored in the same transaction.
        """
        code, message = (notice.code, notice.message) if notice else (None, None)
        arguments = (session_id, reason, code, message, timedelta(seconds=linger_seconds))
        if connection is not None:
            return await _finalise(connection, *arguments)
        async with self._database.connection() as own, own.transaction():
            return await _finalise(own, *arguments)

    async def _join(self, statement: str, *arguments: object) -> Call | None:
        """Runs a transition to `active`. The first one of a session stores a webhook message."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(statement, *arguments)
            if row is not None and row["is_first"]:
                await outbox.enqueue(connection, row["tenant_id"], SESSION_STARTED, outbox.session_data(dict(row)))
            return _call(row)

    async def _one(self, statement: str, *arguments: object) -> Call | None:
        async with self._database.connection() as connection:
            return _call(await connection.fetchrow(statement, *arguments))

    async def _many(self, statement: str, *arguments: object) -> list[Call]:
        async with self._database.connection() as connection:
            return [Call(**dict(row)) for row in await connection.fetch(statement, *arguments)]


async def _finalise(connection: Connection, *arguments: object) -> Call | None:
    row = await connection.fetchrow(FINALISE, *arguments)
    if row is not None:
        await outbox.enqueue(connection, row["tenant_id"], SESSION_ENDED, outbox.session_data(dict(row)))
    return _call(row)
