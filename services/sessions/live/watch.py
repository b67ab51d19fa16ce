"""Calls as they go on: every stored event once and in order, and between them what Redis carries and may lose."""

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
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import CallboxError, Code, not_found
from services.kit.logs import get_logger
from services.sessions import messages
from services.sessions.history.read import History
from services.sessions.live.broadcast import Feed, Live
from services.sessions.store import Store

# How long after its end a call may still be told of by its worker, before it counts as told to the end.
_LATE_SECONDS = 5.0
# News that got lost are found in this time; without Redis all news are.
_LOOK_SECONDS, _LOOK_ALONE_SECONDS = 5.0, 1.0
_MAX_EVENTS = 100
# Each keeps an RPC open and looks into the database now and then.
_MAX_STREAMS = 2_000
_BUSY_RETRY_SECONDS = 5
# Written down, and told by other means or nobody's business.
_UNTOLD = ("usage", "end", "none")
_log = get_logger(__name__)


@dataclass(frozen=True)
class _Look:
    """A call as PostgreSQL has it, and its next events.

    told_all: its worker has said its last word or has none to say. sequence: of the last event that was looked at, told
    or not. more: there are further ones.
    """

    status: pb.SessionStatus.ValueType
    turn_count: int
    told_all: bool
    sequence: int
    more: bool
    events: list[pb.SessionEvent]


class Watching:
    """Answers who watches. streams_per_tenant: how many at once, at this process."""

    def __init__(self, store: Store, history: History, live: Live, streams_per_tenant: int) -> None:
        self._store = store
        self._history = history
        self._live = live
        self._streams_per_tenant = streams_per_tenant
        self._open: Counter[str] = Counter()

    async def watch(
        self, session_id: str, tenant_id: str, after: int
    ) -> AsyncGenerator[live_pb2.WatchSessionResponse, None]:
        """Tells of a call that exists until it has ended. tenant_id: of who watches.

        Raises: CallboxError `rate_limited` when the tenant has too many open, `upstream_unavailable`.
        """
        with self._one_more(tenant_id):
            async with self._live.feed(session_id) as feed, aclosing(self._tell(session_id, feed, after)) as answers:
                async for told in answers:
                    yield told

    @contextmanager
    def _one_more(self, tenant_id: str) -> Iterator[None]:
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

    async def _tell(
        self, session_id: str, feed: Feed, after: int
    ) -> AsyncGenerator[live_pb2.WatchSessionResponse, None]:
        state: live_pb2.LiveState | None = None
        while True:
            feed.changed.clear()
            look = await self._look(session_id, after)
            is_over = look.status == pb.SESSION_STATUS_ENDED
            doing = live_pb2.AGENT_STATE_UNSPECIFIED if is_over else feed.agent_state
            now = live_pb2.LiveState(status=look.status, agent_state=doing)
            # Of a call that is over all along, only its events and its end are told.
            if now != state and (state is not None or not is_over):
                yield live_pb2.WatchSessionResponse(sequence=after, state=now)
            state = now
            for event in look.events:
                after = event.sequence
                yield live_pb2.WatchSessionResponse(sequence=after, event=event)
            after = look.sequence
            if look.more:
                continue
            for form in feed.forms():
                yield live_pb2.WatchSessionResponse(sequence=after, form=form)
            if is_over:
                if look.told_all:
                    session = await self._history.head(session_id)
                    if session is None:
                        raise not_found(f"Session {session_id}")
                    yield live_pb2.WatchSessionResponse(sequence=after, ended=session)
                    return
            else:
                for partial in feed.partials():
                    # One that comes after its own turn says nothing any more.
                    if partial.turn_index >= look.turn_count:
                        yield live_pb2.WatchSessionResponse(sequence=after, partial=partial)
            await self._wait(feed, look)

    async def _wait(self, feed: Feed, look: _Look) -> None:
        seconds = _LOOK_SECONDS if self._live.hears else _LOOK_ALONE_SECONDS
        if look.status == pb.SESSION_STATUS_ENDED:
            seconds = _LOOK_ALONE_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await feed.changed.wait()
        except TimeoutError:
            return

    async def _look(self, session_id: str, after: int) -> _Look:
        """The call and its next events after a sequence number."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(
                """
                select s.id, s.status, s.last_sequence, s.turn_count,
                    s.claim_time is null or s.join_time is null or s.end_time < now() - make_interval(secs => $2)
                    or exists (
                        select from events e
                        where e.session_row = s.id and e.sequence = s.last_sequence and e.kind = 'end'
                    ) as told_all
                from sessions s where s.session_id = $1
                """,
                session_id,
                _LATE_SECONDS,
            )
            if row is None:
                raise not_found(f"Session {session_id}")
            rows = []
            if row["last_sequence"] > after:
                rows = await connection.fetch(
                    "select sequence, occur_time, kind, body from events "
                    "where session_row = $1 and sequence > $2 order by sequence limit $3",
                    row["id"],
                    after,
                    _MAX_EVENTS,
                )
        return _Look(
            messages.status(row["status"]),
            row["turn_count"],
            bool(row["told_all"]),
            rows[-1]["sequence"] if rows else after,
            bool(rows) and rows[-1]["sequence"] < row["last_sequence"],
            [event for found in rows if (event := _event(found)) is not None],
        )


def _event(row: Any) -> pb.SessionEvent | None:
    """A stored event; None for one that is not told or that a newer version wrote."""
    if row["kind"] in _UNTOLD:
        return None
    moment = Timestamp()
    moment.FromDatetime(row["occur_time"])
    event = pb.SessionEvent(sequence=row["sequence"], occur_time=moment)
    try:
        ParseDict({row["kind"]: row["body"]}, event, ignore_unknown_fields=True)
    except ParseError as fault:
        _log.warning("event not told", kind=row["kind"], fault=str(fault)[:200])
        return None
    return event if event.WhichOneof("event") else None
