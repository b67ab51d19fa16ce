"""/api/agents/sessions/{session_id}/events/: a call as it goes on."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from sse_starlette import ServerSentEvent

from services.gateway.answers.envelope import refusals
from services.gateway.answers.event_stream import EventsResponse, Place, watch
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.requests.credentials import presented
from services.gateway.requests.path_names import PathName, existing

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
    204: {"description": "The call has ended and `Last-Event-ID` was the last: there is nothing to come back for."},
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
    last_event_id: Annotated[str | None, Header(description="The last id that was seen, to go on after it.")] = None,
) -> Response:
    """A call of one's own character as it goes on, as server-sent events: where it stands (`state`), what is being said
    (`turn.partial`), and what stands in its history (`turn.final`, `tool`, `form`, `error`), until it has `ended`.

    After a break, send the last `id` as `Last-Event-ID`: every event of the history comes once. A call that is over
    tells its history. A stream lasts 15 minutes at most; come back for the rest.
    """
    place = Place(last_event_id)

    async def identity() -> str:
        credential = presented(request)
        return caller.token if credential is None else (await gateway.credentials.exchange(credential)).token

    events = watch(gateway.backends.live.WatchSession, existing(session_id, "The session"), place, identity)
    # The first one is waited for: until then there can be a refusal.
    first = await anext(events)
    if place.ended and first.event == "ended":
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
