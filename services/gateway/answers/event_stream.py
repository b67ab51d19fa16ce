"""A live session as server-sent events (contract 14.4 and 14.12).

The `id` of a stored event is its sequence number. The `id` of another event is the number of the newest stored event, a
dot and a counter. A client that reconnects with the last id it saw gets every stored event once, from any gateway.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from callbox.sessions.v1 import live_pb2
from callbox.sessions.v1 import sessions_pb2 as pb
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from services.gateway.answers import history
from services.kit.errors import CallboxError, Code, validation
from services.kit.logs import get_logger
from services.kit.rpc import context
from services.kit.rpc.client import stream

# A credential is checked when a stream begins; this is how long a revoked one can still read.
STREAM_SECONDS = 900.0
# How long a client waits before it reconnects.
_RETRY_MILLISECONDS = 1_000
_HEARTBEAT_SECONDS = 15
# A client that reads nothing for so long is disconnected; it may reconnect with the last id it saw.
_SEND_SECONDS = 10.0
# While the sessions service is away, the stream stays open for so long; then it ends and the client reconnects.
_OUTAGE_SECONDS = 30.0
_BACKOFF_SECONDS = (0.1, 0.25, 0.5, 1.0)
_ID = re.compile(r"(\d{1,18})(?:\.(\d{1,9}|ended))?\Z")
_ENDED = "ended"
_EVENTS = {"turn": "turn.final", "error": "error", "tool": "tool", "form": "form", "handoff": "handoff"}
# Not line ends in this format, but clients that split lines by Unicode's rules take them for line ends.
_LINE_ENDS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\u0085\u2028\u2029"}
_log = get_logger(__name__)

IdentityToken = Callable[[], Awaitable[str]]


class StreamPosition:
    """How far a client has read. sequence: the newest stored event it has. ended: it has seen the end too."""

    def __init__(self, last_event_id: str | None) -> None:
        """Raises: CallboxError `validation_failed` for an id that this module did not make."""
        found = _ID.match(last_event_id or "0")
        if found is None:
            raise validation(
                {"Last-Event-ID": ["is not an id of these events; send the last id you got, or none to begin again"]}
            )
        self.sequence = int(found[1])
        self.ended = found[2] == _ENDED
        self._unstored = 0 if found[2] in (None, _ENDED) else int(found[2])

    def stored(self, sequence: int) -> str:
        """The id of a stored event."""
        self._move(sequence)
        return str(sequence)

    def unstored(self, sequence: int) -> str:
        """The id of an event that is not stored. sequence: the newest stored event before it."""
        self._move(sequence)
        self._unstored += 1
        return f"{sequence}.{self._unstored}"

    def end(self, sequence: int) -> str:
        """The id of the last event."""
        self._move(sequence)
        return f"{sequence}.{_ENDED}"

    def _move(self, sequence: int) -> None:
        if sequence > self.sequence:
            self.sequence, self._unstored = sequence, 0


async def server_sent_events(
    method: Any, session_id: str, position: StreamPosition, identity: IdentityToken
) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a session after a position, until it ends or for `STREAM_SECONDS`.

    method: WatchSession. identity: returns an identity token of the client as long as its credential is valid.
    Raises: CallboxError as WatchSession does, before the first event.
    """
    context.set_deadline(STREAM_SECONDS)
    state: dict[str, object] | None = None
    retry: int | None = _RETRY_MILLISECONDS
    async with aclosing(_updates(method, session_id, position, identity)) as updates:
        async for update in updates:
            match update.WhichOneof("what"):
                case "state":
                    new_state = _state(update.state)
                    if new_state == state:
                        continue
                    state = new_state
                    event = _event("state", position.unstored(update.sequence), new_state)
                case "partial":
                    event = _event("turn.partial", position.unstored(update.sequence), _partial(update.partial))
                case "form":
                    event = _event("form", position.unstored(update.sequence), _form(update.form))
                case "event":
                    kind = update.event.WhichOneof("event") or ""
                    if kind not in _EVENTS:
                        continue
                    event = _event(_EVENTS[kind], position.stored(update.sequence), _stored(kind, update.event))
                case "ended":
                    session = history.session(update.ended).model_dump(mode="json")
                    event = _event("ended", position.end(update.sequence), session)
                case _:
                    continue
            # `retry` on the first event is enough: clients remember it.
            event.retry, retry = retry, None
            yield event


async def _updates(
    method: Any, session_id: str, position: StreamPosition, identity: IdentityToken
) -> AsyncGenerator[live_pb2.WatchSessionResponse, None]:
    """The updates of the sessions service. When one of its processes goes away, another one continues the stream."""
    until = time.monotonic() + STREAM_SECONDS
    failing_since: float | None = None
    received_any, pauses = False, iter(_BACKOFF_SECONDS)
    while True:
        request = live_pb2.WatchSessionRequest(session_id=session_id, after_sequence=position.sequence)
        try:
            token = await identity()
            left = max(0.0, until - time.monotonic())
            async with aclosing(stream(method, request, identity=token, deadline_seconds=left)) as updates:
                async for update in updates:
                    received_any, failing_since, pauses = True, None, iter(_BACKOFF_SECONDS)
                    yield update
            return
        except CallboxError as error:
            if not received_any:
                raise
            now = time.monotonic()
            failing_since = failing_since or now
            away = error.code is Code.UPSTREAM_UNAVAILABLE
            if not away or now >= until or now - failing_since > _OUTAGE_SECONDS:
                _log.info("event stream ended by an error", code=str(error.code))
                return
        await asyncio.sleep(next(pauses, _BACKOFF_SECONDS[-1]))


class EventsResponse(EventSourceResponse):
    """Server-sent events with heartbeats. Ends when the gateway stops, and when the client does not read."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], closing: asyncio.Event) -> None:
        super().__init__(
            events,
            sep="\n",
            ping=_HEARTBEAT_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(comment="heartbeat", sep="\n"),
            send_timeout=_SEND_SECONDS,
        )
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events until they end or the client does not read any more."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("client of an event stream disconnected: it does not read", seconds=_SEND_SECONDS)

    async def _listen_for_exit_signal(self) -> None:  # type: ignore[override]  # the library's own waits for signals
        await self._closing.wait()


def _event(name: str, event_id: str, data: object) -> ServerSentEvent:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return ServerSentEvent(text.translate(_LINE_ENDS), event=name, id=event_id, sep="\n")


def _state(state: live_pb2.LiveState) -> dict[str, object]:
    agent = live_pb2.AgentState.Name(state.agent_state).removeprefix("AGENT_STATE_").lower()
    return {
        "status": pb.SessionStatus.Name(state.status).removeprefix("SESSION_STATUS_").lower(),
        "agent_state": None if state.agent_state == live_pb2.AGENT_STATE_UNSPECIFIED else agent,
    }


def _partial(partial: live_pb2.PartialTurn) -> dict[str, object]:
    role = "assistant" if partial.role == pb.ROLE_ASSISTANT else "user"
    return {"role": role, "text": partial.text, "turn_index": partial.turn_index}


def _stored(kind: str, event: pb.SessionEvent) -> dict[str, object]:
    match kind:
        case "turn":
            return history.utterance(event.turn)
        case "tool":
            return history.tool_call(event.tool)
        case "form":
            return _form(event.form)
        case "handoff":
            return history.handoff(event.handoff)
        case _:
            return {"code": event.error.code, "message": event.error.message}


def _form(form: pb.FormEvent) -> dict[str, object]:
    action = pb.FormAction.Name(form.action).removeprefix("FORM_ACTION_").lower()
    return {
        "form_id": form.form_id,
        "action": None if form.action == pb.FORM_ACTION_UNSPECIFIED else action,
        "ts": round(form.start_seconds, 3),
    }
