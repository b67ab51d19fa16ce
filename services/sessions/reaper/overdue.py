"""Finds open sessions in which something should have happened by now and has not."""

# ruff: noqa: S608  # only column lists and names of this module are put into statements

from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from services.sessions.adapters.database import Database
from services.sessions.settings import SessionsSettings
from services.sessions.store import Call

# The agent ends the call at its limit. The reaper ends it this much later, if the agent did not.
_MAX_CALL_GRACE_SECONDS = 30.0
# For a join that began just before the token expired.
_TOKEN_GRACE_SECONDS = 5.0
_CALL = ", ".join(f"s.{field.name}" for field in fields(Call))


class Overdue(StrEnum):
    """What is overdue in a session."""

    CLAIM = "claim"
    JOIN = "join"
    JOIN_BEFORE_TOKEN_EXPIRED = "join_before_token_expired"  # noqa: S105  # no password
    CLIENT_LEFT = "client_left"
    AGENT_LEFT = "agent_left"
    MAX_CALL_SECONDS = "max_call_seconds"


OVERDUE = f"""
    select * from (
        select {_CALL}, case
            when s.status = 'created' and s.token_expire_time <= now() - $1::interval
                then '{Overdue.JOIN_BEFORE_TOKEN_EXPIRED}'
            when s.status = 'created' and s.slot_held and s.slot_time <= now() - $2::interval
                then '{Overdue.JOIN}'
            when s.slot_held and s.claim_time is null and s.dispatch_time <= now() - $3::interval
                then '{Overdue.CLAIM}'
            when s.status = 'active' and s.caller_left_time <= now() - $4::interval
                then '{Overdue.CLIENT_LEFT}'
            when s.slot_held and s.agent_left_time <= now() - $4::interval then '{Overdue.AGENT_LEFT}'
            when s.status = 'active' and s.max_call_seconds > 0
                and s.join_time <= now() - $5::interval - make_interval(secs => s.max_call_seconds)
                then '{Overdue.MAX_CALL_SECONDS}'
        end as what
        from sessions s where s.status <> 'ended'
    ) as open_sessions where what is not null
"""
CLAIMED = f"select {_CALL} from sessions s where s.status <> 'ended' and s.slot_held and s.claim_time is not null"
COUNT_ACTIVE = "select count(*) from sessions where status = 'active'"
ACTIVE_WITHOUT_ROOM = """
    select room_name from sessions
    where status = 'active' and caller_left_time is null and not room_name = any($1)
      and join_time < now() - interval '10 seconds'
"""


@dataclass(frozen=True)
class OverdueCall:
    """A session and what is overdue in it."""

    call: Call
    what: Overdue


async def find(database: Database, settings: SessionsSettings) -> list[OverdueCall]:
    """Open sessions in which something is overdue, each with the first thing that is.

    Raises: CallboxError `upstream_unavailable`.
    """
    async with database.connection() as connection:
        rows = await connection.fetch(
            OVERDUE,
            timedelta(seconds=_TOKEN_GRACE_SECONDS),
            timedelta(seconds=settings.join_seconds),
            timedelta(seconds=settings.claim_seconds),
            timedelta(seconds=settings.absence_seconds),
            timedelta(seconds=_MAX_CALL_GRACE_SECONDS),
        )
    return [
        OverdueCall(Call(**{key: value for key, value in row.items() if key != "what"}), Overdue(row["what"]))
        for row in rows
    ]


async def claimed(database: Database) -> tuple[list[Call], int]:
    """(open sessions that a worker has claimed, number of active sessions)."""
    async with database.connection() as connection:
        rows = await connection.fetch(CLAIMED)
        active = await connection.fetchval(COUNT_ACTIVE)
    return [Call(**dict(row)) for row in rows], int(active)


async def active_without_room(database: Database, rooms: list[str]) -> list[str]:
    """The rooms of active sessions that are not among the existing `rooms`."""
    async with database.connection() as connection:
        rows = await connection.fetch(ACTIVE_WITHOUT_ROOM, rooms)
    return [row["room_name"] for row in rows]
