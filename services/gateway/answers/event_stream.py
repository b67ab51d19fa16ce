"""A call as it goes on, as server-sent events (contract 14.4 and 14.12).

An `id` is the sequence number of the newest stored event, and for what is not stored a number behind a dot; so a
reader that comes back with the last one it saw gets every stored event once, from whichever gateway.
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

# A credential is looked at when a stream begins; one that was revoked since sees no more than this.
STREAM_SECONDS = 900.0
# How long after a break of the connection a reader is to come back.
_RETRY_MILLISECONDS = 1_000
_HEARTBEAT_SECONDS = 15
# A reader that takes nothing for so long is dropped; it may come back with the last id it saw.
_SEND_SECONDS = 10.0
# While sessions is away, the reader is kept waiting for so long, then sent to come back.
_PATIENCE_SECONDS = 30.0
_PAUSES_SECONDS = (0.1, 0.25, 0.5, 1.0)
_ID = re.compile(r"(\d{1,18})(?:\.(\d{1,9}|ended))?\Z")
_ENDED = "ended"
_EVENTS = {"turn": "turn.final", "error": "error", "tool": "tool", "form": "form"}
# No ends of lines here, but readers that split text into lines by Unicode take them for that.
_LINE_ENDS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\u0085\u2028\u2029"}
_log = get_logger(__name__)

Identity = Callable[[], Awaitable[str]]


class Place:
    """Where a reader stands. sequence: newest stored event it has. ended: it has seen the end, too."""

    def __init__(self, last_event_id: str | None) -> None:
        """Raises: CallboxError `validation_failed` for what is no id of ours."""
        found = _ID.match(last_event_id or "0")
        if found is None:
            raise validation(
                {"Last-Event-ID": ["is no id of these events; send the last one you got, or none to begin anew"]}
            )
        self.sequence = int(found[1])
        self.ended = found[2] == _ENDED
        self._behind = 0 if found[2] in (None, _ENDED) else int(found[2])

    def stored(self, sequence: int) -> str:
        """The id of a stored event."""
        self._move(sequence)
        return str(sequence)

    def passing(self, sequence: int) -> str:
        """The id of something that is not stored."""
        self._move(sequence)
        self._behind += 1
        return f"{sequence}.{self._behind}"

    def end(self, sequence: int) -> str:
        """The id of the end."""
        self._move(sequence)
        return f"{sequence}.{_ENDED}"

    def _move(self, sequence: int) -> None:
        if sequence > self.sequence:
            self.sequence, self._behind = sequence, 0


async def watch(
    method: Any, session_id: str, place: Place, identity: Identity
) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a call after a place, to its end or for `STREAM_SECONDS`.

    method: WatchSession. identity: answers an identity token of the reader, for as long as the credential is good.
    Raises: CallboxError as WatchSession does, as long as nothing was told.
    """
    context.set_deadline(STREAM_SECONDS)
    state: dict[str, object] | None = None
    retry: int | None = _RETRY_MILLISECONDS
    async with aclosing(_answers(method, session_id, place, identity)) as answers:
        async for told in answers:
            match told.WhichOneof("what"):
                case "state":
                    said = _state(told.state)
                    if said == state:
                        continue
                    state = said
                    event = _event("state", place.passing(told.sequence), said)
                case "partial":
                    event = _event("turn.partial", place.passing(told.sequence), _partial(told.partial))
                case "form":
                    event = _event("form", place.passing(told.sequence), _form(told.form))
                case "event":
                    kind = told.event.WhichOneof("event") or ""
                    if kind not in _EVENTS:
                        continue
                    event = _event(_EVENTS[kind], place.stored(told.sequence), _stored(kind, told.event))
                case "ended":
                    session = history.session(told.ended).model_dump(mode="json")
                    event = _event("ended", place.end(told.sequence), session)
                case _:
                    continue
            # Said once, it holds for every break that is to come.
            event.retry, retry = retry, None
            yield event


async def _answers(
    method: Any, session_id: str, place: Place, identity: Identity
) -> AsyncGenerator[live_pb2.WatchSessionResponse, None]:
    """What sessions tells, gone on with at another process when the one before is gone."""
    until = time.monotonic() + STREAM_SECONDS
    trouble_since: float | None = None
    told_any, pauses = False, iter(_PAUSES_SECONDS)
    while True:
        request = live_pb2.WatchSessionRequest(session_id=session_id, after_sequence=place.sequence)
        try:
            token = await identity()
            left = max(0.0, until - time.monotonic())
            async with aclosing(stream(method, request, identity=token, deadline_seconds=left)) as answers:
                async for told in answers:
                    told_any, trouble_since, pauses = True, None, iter(_PAUSES_SECONDS)
                    yield told
            return
        except CallboxError as error:
            if not told_any:
                raise
            now = time.monotonic()
            trouble_since = trouble_since or now
            away = error.code is Code.UPSTREAM_UNAVAILABLE
            if not away or now >= until or now - trouble_since > _PATIENCE_SECONDS:
                _log.info("watching ends", code=str(error.code))
                return
        await asyncio.sleep(next(pauses, _PAUSES_SECONDS[-1]))


class EventsResponse(EventSourceResponse):
    """Server-sent events with heartbeats; ends with the gateway, and drops a reader that does not read."""

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
        """Sends until the events end or nobody reads them."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("a reader of events was dropped", seconds=_SEND_SECONDS)

    async def _listen_for_exit_signal(self) -> None:  # type: ignore[override]  # the library's own watches for signals
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
            return history.item(event.turn)
        case "tool":
            return history.tool_call(event.tool)
        case "form":
            return _form(event.form)
        case _:
            return {"code": event.error.code, "message": event.error.message}


def _form(form: pb.FormEvent) -> dict[str, object]:
    action = pb.FormAction.Name(form.action).removeprefix("FORM_ACTION_").lower()
    return {
        "form_id": form.form_id,
        "action": None if form.action == pb.FORM_ACTION_UNSPECIFIED else action,
        "ts": round(form.start_seconds, 3),
    }
