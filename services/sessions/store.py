"""The life cycle in SQL: every transition is one statement that changes a row only if it stands where it should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import asyncpg

from services.kit.database import Pool
from services.sessions.dependencies import reaching
from services.sessions.start.admission import Grant, HeldSlot
from services.sessions.webhooks import outbox
from services.sessions.webhooks.kinds import SESSION_ENDED, SESSION_STARTED

SCHEMA = "sessions"
DATABASE_SECONDS = 2.0
# What is due at one pass; the rest follows at the next.
_MAX_DUE = 500

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


@dataclass(frozen=True)
class Call:
    """One session as the life cycle needs it."""

    session_id: str
    tenant_id: str
    status: str
    end_reason: str | None
    room_name: str
    participant_identity: str
    slot_held: bool
    worker_id: str | None
    agent_name: str | None
    dispatch_count: int
    join_time: datetime | None
    end_time: datetime | None
    caller_left_time: datetime | None
    notice_code: str | None
    notice_message: str | None


_CALL = ", ".join(field.name for field in fields(Call))
# What else a webhook tells; `is_first` says that this transition is the one in which the caller joined.
_TOLD = "character_slug, character_version, create_time, metadata, join_time = now() as is_first"


@dataclass(frozen=True)
class NewSession:
    """What a session is made of."""

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


def _call(row: asyncpg.Record | None) -> Call | None:
    return None if row is None else Call(**{field.name: row[field.name] for field in fields(Call)})


class Store:
    """Sessions and their transitions.

    Every method raises CallboxError `upstream_unavailable` when PostgreSQL is away.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @asynccontextmanager
    async def connection(self, seconds: float = DATABASE_SECONDS) -> AsyncIterator[Connection]:
        """A connection for at most `seconds`."""
        async with reaching("PostgreSQL", seconds), self.pool.acquire() as connection:
            yield connection

    async def insert(
        self,
        new: NewSession,
        grant: Grant,
        token_seconds: int,
        seconds: float,
        before_commit: Callable[[Connection, asyncpg.Record], Awaitable[None]] | None = None,
    ) -> asyncpg.Record:
        """Stores an admitted session; the whole row.

        before_commit: what is to be stored with it or not at all; when it raises, nothing is.
        """
        columns = [field.name for field in fields(NewSession)]
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        count = len(columns)
        async with self.connection(seconds) as connection, connection.transaction() if before_commit else nullcontext():
            row = await connection.fetchrow(
                f"""
                insert into sessions ({", ".join(columns)}, worker_id, agent_name, token_expire_time)
                values ({places}, ${count + 1}, ${count + 2}, now() + ${count + 3}::interval)
                returning *
                """,  # noqa: S608  # names of our own fields
                *(getattr(new, name) for name in columns),
                grant.worker_id,
                grant.agent_name,
                timedelta(seconds=token_seconds),
            )
            assert row is not None, "an insert returns its row"
            if before_commit is not None:
                await before_commit(connection, row)
        return row

    async def forget(self, session_id: str) -> None:
        """Removes a session whose start failed half-way."""
        async with self.connection() as connection:
            await connection.execute("delete from sessions where session_id = $1 and join_time is null", session_id)

    async def held_slots(self) -> list[HeldSlot]:
        """Every slot that is held."""
        async with self.connection() as connection:
            rows = await connection.fetch(
                "select session_id, worker_id, tenant_id, agent_name from sessions "
                "where status <> 'ended' and slot_held"
            )
        return [HeldSlot(**dict(row)) for row in rows]

    async def call(self, session_id: str) -> Call | None:
        """One session."""
        return await self._one(f"select {_CALL} from sessions where session_id = $1", session_id)  # noqa: S608

    async def call_in_room(self, room: str) -> Call | None:
        """The session of a room."""
        return await self._one(f"select {_CALL} from sessions where room_name = $1", room)  # noqa: S608

    async def calls_in_rooms(self, rooms: Sequence[str]) -> list[Call]:
        """The sessions of some rooms."""
        return await self._many(f"select {_CALL} from sessions where room_name = any($1)", list(rooms))  # noqa: S608

    async def carried(self, session_ids: Sequence[str]) -> list[Call]:
        """Those of the sessions that exist."""
        return await self._many(f"select {_CALL} from sessions where session_id = any($1)", list(session_ids))  # noqa: S608

    async def claim(self, session_id: str, worker_id: str) -> asyncpg.Record | None:
        """Gives a dispatched session to the worker whose slot it holds; the whole row, or None."""
        async with self.connection() as connection:
            return await connection.fetchrow(
                """
                update sessions set claim_time = coalesce(claim_time, now()), agent_left_time = null
                where session_id = $1 and worker_id = $2 and status <> 'ended' and slot_held
                returning *
                """,
                session_id,
                worker_id,
            )

    async def redispatch(self, call: Call, grant: Grant) -> bool:
        """Moves an unclaimed session to another worker; False when it was claimed, moved or ended meanwhile."""
        moved = await self._one(
            f"""
            update sessions
            set worker_id = $3, agent_name = $4, dispatch_time = now(), dispatch_count = dispatch_count + 1
            where session_id = $1 and worker_id = $2 and claim_time is null and slot_held and status <> 'ended'
            returning {_CALL}
            """,  # noqa: S608
            call.session_id,
            call.worker_id,
            grant.worker_id,
            grant.agent_name,
        )
        return moved is not None

    async def readmit(self, session_id: str, grant: Grant, caller_sid: str, room_sid: str) -> bool:
        """Gives a slot again to a session whose caller came late; False when it has one or is over."""
        back = await self._join(
            f"""
            update sessions
            set slot_held = true, worker_id = $2, agent_name = $3, slot_time = now(), dispatch_time = now(),
                dispatch_count = 1, claim_time = null, status = 'active', join_time = coalesce(join_time, now()),
                caller_sid = $4, room_sid = $5, caller_left_time = null, agent_left_time = null, room_delete_time = null
            where session_id = $1 and not slot_held and status <> 'ended' and token_expire_time > now()
            returning {_CALL}, {_TOLD}
            """,  # noqa: S608
            session_id,
            grant.worker_id,
            grant.agent_name,
            caller_sid,
            room_sid,
        )
        return back is not None

    async def give_back(self, session_id: str) -> Call | None:
        """Takes the slot from a session that nobody joined; None when it was joined, has none or is over."""
        return await self._one(
            f"""
            update sessions
            set slot_held = false, claim_time = null, agent_left_time = null, dispatch_count = 0
            where session_id = $1 and status = 'created' and slot_held
            returning {_CALL}
            """,  # noqa: S608
            session_id,
        )

    async def joined(self, room: str, identity: str, caller_sid: str, room_sid: str) -> Call | None:
        """The caller is in the room; None unless the session is open and holds a slot whose agent is there."""
        return await self._join(
            f"""
            update sessions
            set status = 'active', join_time = coalesce(join_time, now()), caller_sid = $3, room_sid = $4,
                caller_left_time = null
            where room_name = $1 and participant_identity = $2 and status <> 'ended' and slot_held
              and not (status = 'created' and agent_left_time is not null)
            returning {_CALL}, {_TOLD}
            """,  # noqa: S608
            room,
            identity,
            caller_sid,
            room_sid,
        )

    async def caller_left(self, room: str, *, caller_sid: str | None = None, room_sid: str | None = None) -> bool:
        """The caller is not in the room any more. With an id given, only if it is the one last seen."""
        left = await self._one(
            f"""
            update sessions set caller_left_time = now()
            where room_name = $1 and status = 'active' and caller_left_time is null
              and ($2::text is null or caller_sid = $2) and ($3::text is null or room_sid = $3)
            returning {_CALL}
            """,  # noqa: S608
            room,
            caller_sid,
            room_sid,
        )
        return left is not None

    async def agent_left(self, room: str, when: datetime) -> bool:
        """The agent is not in the room any more; passed over when the claim is newer."""
        left = await self._one(
            f"""
            update sessions set agent_left_time = now()
            where room_name = $1 and status <> 'ended' and slot_held and date_trunc('second', claim_time) <= $2
            returning {_CALL}
            """,  # noqa: S608
            room,
            when,
        )
        return left is not None

    async def agent_came(self, room: str) -> None:
        """The agent is in the room."""
        async with self.connection() as connection:
            await connection.execute(
                "update sessions set agent_left_time = null where room_name = $1 and agent_left_time is not null", room
            )

    async def room_deleted(self, session_id: str) -> None:
        """Nothing is left to delete."""
        async with self.connection() as connection:
            await connection.execute("update sessions set room_delete_time = null where session_id = $1", session_id)

    async def rooms_due(self) -> list[Call]:
        """Sessions whose room is to be deleted now."""
        return await self._many(
            f"select {_CALL} from sessions where room_delete_time <= now() order by room_delete_time limit {_MAX_DUE}"  # noqa: S608
        )

    async def open_calls(self, tenant_id: str) -> list[Call]:
        """Sessions of a tenant that are not over, or whose room is still to be closed."""
        return await self._many(
            f"""
            select {_CALL} from sessions
            where tenant_id = $1 and (status <> 'ended' or room_delete_time is not null) limit {_MAX_DUE}
            """,  # noqa: S608
            tenant_id,
        )

    async def forget_user(self, user_id: int, tenant_id: str) -> None:
        """Calls of other tenants that a user asked for stay, as those of a visitor."""
        async with self.connection() as connection:
            await connection.execute(
                "update sessions set user_id = 0 where user_id = $1 and tenant_id <> $2", user_id, tenant_id
            )

    async def finalise(
        self,
        session_id: str,
        reason: str,
        notice: Notice | None,
        linger_seconds: float,
        connection: Connection | None = None,
    ) -> Call | None:
        """Ends a session; None when it had ended, so that exactly one of many who try gets it.

        linger_seconds: how long its room stays; one that nobody has joined yet stays until who joins was told.
        connection: of the transaction to do it in; the webhook that tells of the end is stored in the same one.
        """
        statement = f"""
            update sessions
            set status = 'ended', end_reason = $2, end_time = now(), finalize_time = now(), slot_held = false,
                snapshot = null, mcp_headers = null, notice_code = $3, notice_message = $4,
                room_delete_time = case when $3::text is null or join_time is not null then now() + $5::interval end
            where session_id = $1 and status <> 'ended'
            returning {_CALL}, {_TOLD}
            """  # noqa: S608
        code, message = (notice.code, notice.message) if notice else (None, None)
        arguments = (session_id, reason, code, message, timedelta(seconds=linger_seconds))
        if connection is not None:
            return await _end(connection, statement, *arguments)
        async with self.connection() as own, own.transaction():
            return await _end(own, statement, *arguments)

    async def _join(self, statement: str, *arguments: object) -> Call | None:
        """A transition in which the caller may have joined, for the first time or again."""
        async with self.connection() as connection, connection.transaction():
            row = await connection.fetchrow(statement, *arguments)
            if row is not None and row["is_first"]:
                await outbox.enqueue(connection, row["tenant_id"], SESSION_STARTED, outbox.session_data(dict(row)))
            return _call(row)

    async def _one(self, statement: str, *arguments: object) -> Call | None:
        async with self.connection() as connection:
            return _call(await connection.fetchrow(statement, *arguments))

    async def _many(self, statement: str, *arguments: object) -> list[Call]:
        async with self.connection() as connection:
            return [Call(**dict(row)) for row in await connection.fetch(statement, *arguments)]


async def _end(connection: Connection, statement: str, *arguments: object) -> Call | None:
    row = await connection.fetchrow(statement, *arguments)
    if row is not None:
        await outbox.enqueue(connection, row["tenant_id"], SESSION_ENDED, outbox.session_data(dict(row)))
    return _call(row)
