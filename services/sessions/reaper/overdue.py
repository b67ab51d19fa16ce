"""What should have happened by now in an open session and has not."""

from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from services.sessions.settings import SessionsSettings
from services.sessions.store import Call, Store

# How long the agent has to end a call itself after the caller, or a replacement of the agent, is gone.
LEFT_GRACE_SECONDS = 5.0
# The agent says goodbye at the limit; this is for one that does not.
_MAX_CALL_GRACE_SECONDS = 30.0
# A join that began with the last breath of the token.
_TOKEN_GRACE_SECONDS = 5.0
_CALL = ", ".join(f"s.{field.name}" for field in fields(Call))


class Overdue(StrEnum):
    """What is overdue."""

    CLAIM = "claim"
    JOIN = "join"
    JOIN_FOR_GOOD = "join_for_good"
    CLIENT_LEFT = "client_left"
    AGENT_LEFT = "agent_left"
    MAX_CALL_SECONDS = "max_call_seconds"


@dataclass(frozen=True)
class OverdueCall:
    """One session and what is overdue in it."""

    call: Call
    what: Overdue


async def find(store: Store, settings: SessionsSettings) -> list[OverdueCall]:
    """Open sessions in which something is overdue, one thing each.

    Raises: CallboxError `upstream_unavailable`.
    """
    async with store.connection() as connection:
        rows = await connection.fetch(
            f"""
            select * from (
                select {_CALL}, case
                    when s.status = 'created' and s.token_expire_time <= now() - $1::interval
                        then '{Overdue.JOIN_FOR_GOOD}'
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
            """,  # noqa: S608  # our own words
            timedelta(seconds=_TOKEN_GRACE_SECONDS),
            timedelta(seconds=settings.join_seconds),
            timedelta(seconds=settings.claim_seconds),
            timedelta(seconds=LEFT_GRACE_SECONDS),
            timedelta(seconds=_MAX_CALL_GRACE_SECONDS),
        )
    return [
        OverdueCall(Call(**{key: value for key, value in row.items() if key != "what"}), Overdue(row["what"]))
        for row in rows
    ]


async def claimed(store: Store) -> tuple[list[Call], int]:
    """(sessions that a worker has claimed and should carry now, sessions that are active)."""
    async with store.connection() as connection:
        rows = await connection.fetch(
            f"select {_CALL} from sessions s where s.status <> 'ended' and s.slot_held and s.claim_time is not null"  # noqa: S608
        )
        active = await connection.fetchval("select count(*) from sessions where status = 'active'")
    return [Call(**dict(row)) for row in rows], int(active)


async def active_elsewhere(store: Store, rooms: list[str]) -> list[str]:
    """Rooms of active sessions that are not among the rooms that exist."""
    async with store.connection() as connection:
        rows = await connection.fetch(
            """
            select room_name from sessions
            where status = 'active' and caller_left_time is null and not room_name = any($1)
              and join_time < now() - interval '10 seconds'
            """,
            rooms,
        )
    return [row["room_name"] for row in rows]
