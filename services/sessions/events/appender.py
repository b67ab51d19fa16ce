"""Stores the events of a call, each once and in order, and updates turns and usage in the same transaction."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import asyncpg
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.logs import get_logger
from services.kit.times import moment
from services.sessions import messages
from services.sessions.adapters.database import Connection, Database
from services.sessions.adapters.live_updates import LiveUpdates
from services.sessions.events import limits
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.prices import Prices, cost_nano_usd
from services.sessions.store import Call

MAX_EVENTS = 100
# Of one event: more than a call can use, and little enough that no sum overflows.
_MAX_COUNT = 10**9
_MAX_LATENCY_NANOS = 3600 * 10**9
_NAMES = ("llm_model", "llm_provider", "stt_provider", "tts_provider")
# A worker that ends a session nobody has joined with one of these only gives up waiting. While the token lives, the
# caller can still join and is then admitted again.
_STOPPED_WAITING = {
    pb.END_REASON_NEVER_JOINED, pb.END_REASON_AGENT_LOST, pb.END_REASON_ENDED_BY_API, pb.END_REASON_ERROR,
}  # fmt: skip
_log = get_logger(__name__)

LOCK_SESSION = """
    select id, worker_id, last_sequence, status, slot_held, llm_model, llm_provider, stt_provider, tts_provider
    from sessions where session_id = $1 for update
"""
INSERT_EVENT = "insert into events (session_row, sequence, occur_time, kind, body) values ($1, $2, $3, $4, $5)"
UPSERT_TURN = """
    insert into turns (session_row, turn_index, body, wire) values ($1, $2, $3, $4)
    on conflict (session_row, turn_index) do update set body = excluded.body, wire = excluded.wire
"""
ADD_USAGE = """
    update sessions set
        last_sequence = $2,
        llm_input_tokens = llm_input_tokens + $3, llm_output_tokens = llm_output_tokens + $4,
        stt_audio_seconds = stt_audio_seconds + $5, tts_characters = tts_characters + $6,
        llm_model = $7, llm_provider = $8, stt_provider = $9, tts_provider = $10,
        cost_nano_usd = cost_nano_usd + $11, voice = coalesce($12, voice)
    where id = $1
"""
COUNT_TURNS = """
    update sessions set (turn_count, interruption_count) = (
        select count(*), count(*) filter (
            where body ->> 'role' = 'ROLE_ASSISTANT' and (body ->> 'interrupted')::boolean
        ) from turns where session_row = $1
    ) where id = $1
"""


class EventAppender:
    """Stores the events that workers report."""

    def __init__(self, database: Database, lifecycle: Lifecycle, live: LiveUpdates, prices: Prices) -> None:
        self._database = database
        self._lifecycle = lifecycle
        self._live = live
        self._prices = prices

    async def append(self, session_id: str, worker_id: str, events: Sequence[pb.SessionEvent]) -> int:
        """Stores events of the worker that carries the session or carried it last; the newest stored sequence number.

        Raises: CallboxError `not_found`, `session_taken`, `validation_failed`, `upstream_unavailable`.
        """
        _check(events)
        last = await self._append(session_id, worker_id, events)
        self._live.notify(session_id)
        return last

    async def _append(self, session_id: str, worker_id: str, events: Sequence[pb.SessionEvent]) -> int:
        ended: Call | None = None
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(LOCK_SESSION, session_id)
            if row is None:
                raise not_found(f"Session {session_id}")
            if row["worker_id"] != worker_id:
                raise CallboxError(Code.SESSION_TAKEN, "Another worker carries this session; leave its room.")
            last: int = row["last_sequence"]
            new = [event for event in events if event.sequence > last]
            if not new:
                return last
            if new[0].sequence != last + 1:
                _log.warning("events are missing", session_id=session_id, after=last, before=new[0].sequence)
            await _store(connection, row, new, self._prices)
            last = new[-1].sequence
            # A worker that has lost the slot of the session cannot end it.
            end = row["slot_held"] and next((event.end for event in new if event.HasField("end")), None)
            if not end:
                return last
            can_still_join = row["status"] == "created" and end.reason in _STOPPED_WAITING
            if not can_still_join:
                reason = end_reasons.name(end.reason) or end_reasons.ERROR
                ended = await self._lifecycle.finalise(session_id, reason, connection)
        if ended is not None:
            self._lifecycle.after_end(ended)
        elif can_still_join:
            await self._lifecycle.release_slot(session_id)
        return last


async def _store(
    connection: Connection, session: asyncpg.Record, events: Sequence[pb.SessionEvent], prices: Prices
) -> None:
    row_id: int = session["id"]
    rows = []
    turns = []
    voice = None
    # A name that was reported once holds until another one is reported.
    used = pb.Usage(**{name: session[name] for name in _NAMES})
    for event in map(limits.within_limits, events):
        kind = event.WhichOneof("event") or "none"
        if kind == "usage":
            _add(used, event.usage, prices)
        body = {} if kind == "none" else messages.body(getattr(event, kind))
        rows.append((row_id, event.sequence, moment(event.occur_time), kind, body))
        if kind == "turn":
            turns.append((row_id, event.turn.turn_index, body, messages.wire(body)))
        elif kind == "voice":
            voice = body
    await connection.executemany(INSERT_EVENT, rows)
    if turns:
        await connection.executemany(UPSERT_TURN, turns)
    await connection.execute(
        ADD_USAGE,
        row_id,
        events[-1].sequence,
        used.llm_input_tokens,
        used.llm_output_tokens,
        used.stt_audio_seconds,
        used.tts_characters,
        used.llm_model,
        used.llm_provider,
        used.stt_provider,
        used.tts_provider,
        used.cost_nano_usd,
        voice,
    )
    if turns:
        await connection.execute(COUNT_TURNS, row_id)


def _add(total: pb.Usage, more: pb.Usage, prices: Prices) -> None:
    """Adds the counts and the cost, and replaces the names. Sets the cost of what is added.

    Turns and interruptions are counted from the turns themselves.
    """
    total.llm_input_tokens += more.llm_input_tokens
    total.llm_output_tokens += more.llm_output_tokens
    total.stt_audio_seconds += more.stt_audio_seconds
    total.tts_characters += more.tts_characters
    for name in _NAMES:
        if value := getattr(more, name).replace("\0", ""):
            setattr(total, name, value)
    priced = pb.Usage(**{name: getattr(total, name) for name in _NAMES})
    priced.MergeFrom(more)
    more.cost_nano_usd = cost_nano_usd(priced, prices)
    total.cost_nano_usd += more.cost_nano_usd


def _check(events: Sequence[pb.SessionEvent]) -> None:
    """Raises: CallboxError `validation_failed`."""
    if len(events) > MAX_EVENTS:
        raise validation({"events": [f"At most {MAX_EVENTS} at once."]})
    before = 0
    for position, event in enumerate(events):
        if event.sequence <= before:
            raise validation({f"events.{position}.sequence": ["Must grow from event to event, from 1."]})
        before = event.sequence
        for path, fault in _faults(event):
            raise validation({f"events.{position}.{path}": [fault]})


def _faults(event: pb.SessionEvent) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) of every value that JSON or a sum cannot hold."""
    counts = event.usage
    numbers = (counts.llm_input_tokens, counts.llm_output_tokens, counts.stt_audio_seconds, counts.tts_characters)
    if not all(0 <= number <= _MAX_COUNT for number in numbers):
        yield "usage", f"Counts must be from 0 to {_MAX_COUNT}."
    starts = {
        "turn": event.turn.start_seconds,
        "tool": event.tool.start_seconds,
        "form": event.form.start_seconds,
        "handoff": event.handoff.start_seconds,
    }
    for kind, seconds in starts.items():
        if not math.isfinite(seconds):
            yield f"{kind}.start_seconds", "Must be finite."
    if not math.isfinite(event.voice.similarity):
        yield "voice.similarity", "Must be finite."
    for part, duration in event.turn.latency.ListFields():
        if not 0 <= duration.ToNanoseconds() <= _MAX_LATENCY_NANOS:
            yield f"turn.latency.{part.name}", "Must be from 0 s to an hour."
    try:
        moment(event.occur_time)
    except (ValueError, OverflowError):
        yield "occur_time", "Must be a time between the years 1 and 9999."
