"""/api/agents/sessions/{session_id}/events/: a live call as server-sent events."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from sse_starlette import ServerSentEvent

from services.gateway.answers.envelope import refusals
from services.gateway.answers.event_stream import EventsResponse, StreamPosition, server_sent_events
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.requests.credentials import credential_of
from services.gateway.requests.path_names import PathName, require_name

router = APIRouter(prefix="/api/agents", tags=["sessions"])
_EXAMPLE = """id: 0.1
event: state
data: {"status":"active","agent_state":"listening"}
retry: 1000

id: 0.2
event: turn.partial
data: {"role":"user","text":"What time do","turn_index":1}

id: 1
event: turn.final
data: {"role":"user","text":"What time do you open?","turn_index":1,"ts":4.2}

: heartbeat

id: 7.ended
event: ended
data: {"session_id":"sess_Zk3vQy0N8rT1mJ5sXw2eLb7u","status":"ended","end_reason":"client_left"}

"""
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events until the call has ended.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    },
    204: {"description": "The call has ended and `Last-Event-ID` is its last event; do not reconnect."},
}


@router.get(
    "/sessions/{session_id}/events/",
    response_class=Response,
    responses={**refusals(401, 404, 422, 429), **_ANSWERS},
    dependencies=documented,
    summary="Watch a call",
)
async def session_events(
    request: Request,
    session_id: PathName,
    caller: CallerOf,
    gateway: GatewayOf,
    last_event_id: Annotated[str | None, Header(description="The last id you saw; events after it follow.")] = None,
) -> Response:
    """Sends a call of one of your characters as server-sent events: its state (`state`), speech that is not final yet
    (`turn.partial`), the events of its history (`turn.final`, `tool`, `handoff`, `form`, `error`), and its end
    (`ended`).

    After a lost connection, send the last `id` as `Last-Event-ID`: you get every event of the history once. A call that
    has ended sends its history. A stream lasts 15 minutes at most; reconnect for the rest.
    """
    position = StreamPosition(last_event_id)

    async def identity() -> str:
        credential = credential_of(request)
        return caller.token if credential is None else (await gateway.credentials.exchange(credential)).token

    events = server_sent_events(
        gateway.backends.live.WatchSession, require_name(session_id, "The session"), position, identity
    )
    # An error can be sent only before the first event, so wait for it.
    first = await anext(events)
    if position.ended and first.event == "ended":
        await events.aclose()
        return Response(status_code=204)
    return EventsResponse(_with(first, events), gateway.closing)


async def _with(first: ServerSentEvent, rest: AsyncGenerator[ServerSentEvent, None]) -> AsyncIterator[ServerSentEvent]:
    try:
        yield first
        async for event in rest:
            yield event
    finally:
        await rest.aclose()
