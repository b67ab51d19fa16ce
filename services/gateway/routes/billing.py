"""/api/billing/: history and usage."""

from typing import Annotated, Any

from callbox.sessions.v1 import sessions_pb2 as pb
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field
from pydantic_core import to_json

from services.gateway.answers import history
from services.gateway.answers.envelope import REQUEST_SUCCESSFUL, Envelope, refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.history import AgentSessionSummary, UsageReport
from services.gateway.models.session import EndReason, SessionStatus
from services.gateway.paging import DEFAULT_PAGE_SIZE, MAX_PAGE, MAX_PAGE_SIZE
from services.gateway.requests.moment import Moment
from services.gateway.requests.path_names import PATTERN, PathName, require_name
from services.kit.net.origins import normalised
from services.kit.rpc.client import call
from services.kit.times import timestamp

router = APIRouter(prefix="/api/billing", tags=["history"], dependencies=documented)

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
    end: Annotated[Moment | None, Query(description="Only calls created at this time or earlier; ISO 8601.")] = None,
    end_reason: Annotated[EndReason | None, Query(description="Only calls that ended for this reason.")] = None,
    origin: Annotated[Origin | None, Query(description="Only calls from pages of this site, `https://host`.")] = None,
    status: Annotated[SessionStatus | None, Query(description="Only calls with this status.")] = None,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Number of the page, from 1.")] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Calls on a page.")] = DEFAULT_PAGE_SIZE,
) -> Response:
    """Lists the calls of your characters (staff: of all), newest first, with totals of all that match the filter."""
    listed = await call(
        gateway.backends.sessions.ListSessions,
        pb.ListSessionsRequest(
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
        ),
        identity=caller.token,
    )
    return _enveloped(history.usage_report(listed, page, page_size))


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
    return _enveloped(history.full(found))


def _enveloped(data: dict[str, Any]) -> Response:
    answer = {"success": True, "message": REQUEST_SUCCESSFUL, "data": data, "errors": None}
    return Response(to_json(answer), media_type="application/json")
