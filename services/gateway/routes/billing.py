"""/api/billing/: history and usage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

from callbox.sessions.v1 import sessions_pb2 as pb
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field
from pydantic_core import to_json
from starlette.responses import StreamingResponse

from services.gateway.answers import history
from services.gateway.answers.envelope import REQUEST_SUCCESSFUL, Envelope, refusals
from services.gateway.gateway import CallerOf, Gateway, GatewayOf, documented
from services.gateway.models.history import AgentSessionSummary, UsageReport
from services.gateway.models.session import EndReason, SessionStatus
from services.gateway.paging import DEFAULT_PAGE_SIZE, MAX_PAGE, MAX_PAGE_SIZE
from services.gateway.requests.credentials import Caller
from services.gateway.requests.moment import LastMoment, Moment
from services.gateway.requests.path_names import PATTERN, PathName, require_name
from services.kit.net.origins import normalised
from services.kit.rpc import context
from services.kit.rpc.client import call
from services.kit.times import timestamp

router = APIRouter(prefix="/api/billing", tags=["history"], dependencies=documented)

# For a page that is streamed, because sessions answers it in several parts.
_LARGE_PAGE_SECONDS = 120.0
_NO_SESSIONS = b'"data":[]'
# A message up to this size is made JSON in some milliseconds.
_QUICK_BYTES = 256 * 1024
# A host name has at most 253 characters.
_MAX_ORIGIN_CHARACTERS = 300


def _origin(url: str) -> str:
    found = normalised(url)
    if found is None:
        raise ValueError('must be the origin of a page, such as "https://shop.example"')
    return found


Origin = Annotated[str, Field(max_length=_MAX_ORIGIN_CHARACTERS), AfterValidator(_origin)]


@router.get(
    "/usage/",
    response_model=Envelope[UsageReport],
    responses=refusals(401, 422),
    summary="List calls and what they used",
)
async def usage(
    caller: CallerOf,
    gateway: GatewayOf,
    character_slug: Annotated[str | None, Query(pattern=PATTERN, description="Only this character.")] = None,
    tenant_id: Annotated[str | None, Query(pattern=PATTERN, description="Only this tenant.")] = None,
    start: Annotated[Moment | None, Query(description="Only calls created at this time or later; ISO 8601.")] = None,
    end: Annotated[
        LastMoment | None,
        Query(description="Only calls created at this time or earlier; ISO 8601. A date means its whole day."),
    ] = None,
    end_reason: Annotated[EndReason | None, Query(description="Only calls that ended for this reason.")] = None,
    origin: Annotated[Origin | None, Query(description="Only calls from pages of this site, `https://host`.")] = None,
    status: Annotated[SessionStatus | None, Query(description="Only calls with this status.")] = None,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Number of the page, from 1.")] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Calls on a page.")] = DEFAULT_PAGE_SIZE,
) -> Response:
    """Lists the calls of your characters (staff: of all), newest first, with totals of all that match the filter."""
    request = pb.ListSessionsRequest(
        page_size=page_size,
        skip=(page - 1) * page_size,
        character_slug=character_slug or "",
        tenant_id=tenant_id or "",
        start_time=None if start is None else timestamp(start),
        end_time=None if end is None else timestamp(end),
        end_reason=history.end_reason_value(end_reason),
        origin=origin or "",
        status=history.status_value(status),
        view=pb.SESSION_VIEW_FULL,
    )
    listed = await call(gateway.backends.sessions.ListSessions, request, identity=caller.token)
    if listed.next_page_token and len(listed.sessions) < page_size:
        context.set_deadline(_LARGE_PAGE_SECONDS)
        return StreamingResponse(_in_parts(gateway, caller, request, listed, page), media_type="application/json")
    return await _enveloped(listed.ByteSize(), history.usage_report, listed, page, page_size)


@router.get(
    "/sessions/{session_id}/",
    response_model=Envelope[AgentSessionSummary],
    responses=refusals(401, 404),
    summary="Read a call's history",
)
async def session_history(session_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Answers one call of one of your characters, with its transcript and form responses."""
    request = pb.GetSessionRequest(session_id=require_name(session_id, "The session"))
    found = await call(gateway.backends.sessions.GetSession, request, identity=caller.token)
    return await _enveloped(found.ByteSize(), history.full, found)


async def _in_parts(
    gateway: Gateway, caller: Caller, request: pb.ListSessionsRequest, first: pb.ListSessionsResponse, page: int
) -> AsyncIterator[bytes]:
    """A page that is too large for one answer of sessions. first: the first part of it."""
    size = request.page_size
    listed, left = first, size - len(first.sessions)
    empty = pb.ListSessionsResponse(total_size=first.total_size, total_usage=first.total_usage)
    head, tail = _json(history.usage_report(empty, page, size)).split(_NO_SESSIONS)
    yield head + _NO_SESSIONS[:-1] + await asyncio.to_thread(_items, listed.sessions)
    while listed.next_page_token and left > 0:
        request.page_size, request.page_token, request.skip = left, listed.next_page_token, 0
        listed = await call(gateway.backends.sessions.ListSessions, request, identity=caller.token)
        left -= len(listed.sessions)
        if listed.sessions:
            yield b"," + await asyncio.to_thread(_items, listed.sessions)
    yield _NO_SESSIONS[-1:] + tail


def _items(sessions: Sequence[pb.Session]) -> bytes:
    """Sessions as the items of a JSON array."""
    return to_json([history.summary(session) for session in sessions])[1:-1]


async def _enveloped(size: int, make: Callable[..., dict[str, Any]], *arguments: Any) -> Response:
    """What `make` makes of a message, in the envelope. size: of the message in bytes; a large one goes to a thread."""

    def body() -> bytes:
        return _json(make(*arguments))

    content = body() if size <= _QUICK_BYTES else await asyncio.to_thread(body)
    return Response(content, media_type="application/json")


def _json(data: dict[str, Any]) -> bytes:
    return to_json({"success": True, "message": REQUEST_SUCCESSFUL, "data": data, "errors": None})
