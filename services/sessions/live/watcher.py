"""Streams of running calls: every stored event once and in order, and between them the news that Redis carries."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

from callbox.sessions.v1 import live_pb2
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.json_format import ParseDict, ParseError

from services.kit.errors import CallboxError, Code, not_found
from services.kit.logs import get_logger
from services.kit.times import timestamp
from services.sessions import messages
from services.sessions.adapters.database import Database
from services.sessions.adapters.live_updates import LiveUpdates, Subscription
from services.sessions.history.reader import HistoryReader

# How long after the end of a call its worker may still report events, before the stream closes without them.
_LATE_SECONDS = 5.0
# How often PostgreSQL is read without news. With Redis this only makes up for lost news; without it there is no other.
_POLL_SECONDS, _POLL_WITHOUT_REDIS_SECONDS = 5.0, 1.0
_MAX_EVENTS = 100
# Each stream keeps an RPC open and reads PostgreSQL now and then.
_MAX_STREAMS = 2_000
_BUSY_RETRY_SECONDS = 5
# Kinds of stored events that are not sent: usage is internal, and the end is sent as the ended session.
_NOT_SENT = ("usage", "end", "none")
_log = get_logger(__name__)

SESSION_STATE = """
    select s.id, s.status, s.last_sequence, s.turn_count,
        s.claim_time is null or s.join_time is null or s.finalize_time < now() - make_interval(secs => $2)
        or exists (
            select from events e
            where e.session_row = s.id and e.sequence = s.last_sequence and e.kind = 'end'
        ) as is_complete
    from sessions s where s.session_id = $1
"""
NEXT_EVENTS = """
    select sequence, occur_time, kind, body from events
    where session_row = $1 and sequence > $2 order by sequence limit $3
"""


@dataclass(frozen=True)
class _State:
    """A call as PostgreSQL has it, and its next events.

    is_complete: its worker reports no more events. sequence: of the last event that was read, sent or not.
    more: further events are stored.
    """

    status: pb.SessionStatus.ValueType
    turn_count: int
    is_complete: bool
    sequence: int
    more: bool
    events: list[pb.SessionEvent]


class _Submissions:
    """Finds the submissions that were told of before.

    Sessions tells of each answer that it stores. The worker may tell of the same one, because the page confirmed it.
    Either can come first.
    """

    def __init__(self) -> None:
        # Form → submissions that sessions has told of and the worker has not yet; negative the other way round.
        self._ahead: Counter[str] = Counter()

    def is_new(self, form: pb.FormEvent, *, by_worker: bool) -> bool:
        """Whether a step of a form was not told of before."""
        if form.action != pb.FORM_ACTION_SUBMITTED:
            return True
        step = -1 if by_worker else 1
        was_told = self._ahead[form.form_id] * step < 0
        self._ahead[form.form_id] += step
        return not was_told


class Watcher:
    """Streams calls. streams_per_tenant: the most at the same time, in this process."""

    def __init__(self, database: Database, history: HistoryReader, live: LiveUpdates, streams_per_tenant: int) -> None:
        self._database = database
        self._history = history
        self._live = live
        self._streams_per_tenant = streams_per_tenant
        self._open: Counter[str] = Counter()

    async def watch(
        self, session_id: str, tenant_id: str, after: int
    ) -> AsyncGenerator[live_pb2.WatchSessionResponse, None]:
        """What happens in a call, until it has ended. tenant_id: of the user who watches. after: a sequence number.

        Raises: CallboxError `rate_limited` when the tenant has too many streams open, `upstream_unavailable`.
        """
        with self._counted(tenant_id):
            async with (
                self._live.subscribe(session_id) as subscription,
                aclosing(self._stream(session_id, subscription, after)) as answers,
            ):
                async for answer in answers:
                    yield answer

    @contextmanager
    def _counted(self, tenant_id: str) -> Iterator[None]:
        """Counts a stream while it is open."""
        if self._open[tenant_id] >= self._streams_per_tenant or self._open.total() >= _MAX_STREAMS:
            raise CallboxError(
                Code.RATE_LIMITED,
                f"At most {self._streams_per_tenant} calls are watched at once; close a stream or try again.",
                retry_after_seconds=_BUSY_RETRY_SECONDS,
            )
        self._open[tenant_id] += 1
        try:
            yield
        finally:
            self._open[tenant_id] -= 1
            if not self._open[tenant_id]:
                del self._open[tenant_id]

    async def _stream(
        self, session_id: str, subscription: Subscription, after: int
    ) -> AsyncGenerator[live_pb2.WatchSessionResponse, None]:
        sent_state: live_pb2.LiveState | None = None
        submissions = _Submissions()
        while True:
            subscription.changed.clear()
            call = await self._read(session_id, after)
            is_over = call.status == pb.SESSION_STATUS_ENDED
            agent_state = live_pb2.AGENT_STATE_UNSPECIFIED if is_over else subscription.agent_state
            state = live_pb2.LiveState(status=call.status, agent_state=agent_state)
            # A call that had ended before the stream began has no state to send, only events and its end.
            if state != sent_state and (sent_state is not None or not is_over):
                yield live_pb2.WatchSessionResponse(sequence=after, state=state)
            sent_state = state
            for event in call.events:
                after = event.sequence
                if event.HasField("form") and not submissions.is_new(event.form, by_worker=True):
                    continue
                yield live_pb2.WatchSessionResponse(sequence=after, event=event)
            after = call.sequence
            if call.more:
                continue
            for form in subscription.take_forms():
                if not submissions.is_new(form, by_worker=False):
                    continue
                yield live_pb2.WatchSessionResponse(sequence=after, form=form)
            if is_over:
                if call.is_complete:
                    session = await self._history.head(session_id)
                    if session is None:
                        raise not_found(f"Session {session_id}")
                    yield live_pb2.WatchSessionResponse(sequence=after, ended=session)
                    return
            else:
                for partial in subscription.take_partials():
                    # A partial of a turn that is complete is out of date.
                    if partial.turn_index >= call.turn_count:
                        yield live_pb2.WatchSessionResponse(sequence=after, partial=partial)
            await self._wait(subscription, is_over=is_over)

    async def _wait(self, subscription: Subscription, *, is_over: bool) -> None:
        """Waits for news, or until it is time to read PostgreSQL without any."""
        seconds = _POLL_SECONDS if self._live.is_connected and not is_over else _POLL_WITHOUT_REDIS_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await subscription.changed.wait()
        except TimeoutError:
            return

    async def _read(self, session_id: str, after: int) -> _State:
        """The call and its next events after a sequence number."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SESSION_STATE, session_id, _LATE_SECONDS)
            if row is None:
                raise not_found(f"Session {session_id}")
            rows = []
            if row["last_sequence"] > after:
                rows = await connection.fetch(NEXT_EVENTS, row["id"], after, _MAX_EVENTS)
        return _State(
            messages.status(row["status"]),
            row["turn_count"],
            bool(row["is_complete"]),
            rows[-1]["sequence"] if rows else after,
            bool(rows) and rows[-1]["sequence"] < row["last_sequence"],
            [event for found in rows if (event := _event(found)) is not None],
        )


def _event(row: Any) -> pb.SessionEvent | None:
    """A stored event; None for one that is not sent or that a newer version wrote."""
    if row["kind"] in _NOT_SENT:
        return None
    event = pb.SessionEvent(sequence=row["sequence"], occur_time=timestamp(row["occur_time"]))
    try:
        ParseDict({row["kind"]: row["body"]}, event, ignore_unknown_fields=True)
    except ParseError as fault:
        _log.warning("event cannot be read and is not sent", kind=row["kind"], fault=str(fault)[:200])
        return None
    return event if event.WhichOneof("event") else None
