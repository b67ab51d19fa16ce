"""/api/billing/: history and usage."""

from typing import Annotated

from callbox.sessions.v1 import sessions_pb2 as pb
from fastapi import APIRouter, Query

from services.gateway import history
from services.gateway.envelope import Envelope, enveloped, refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.history import AgentSessionSummary, UsageReport
from services.gateway.names import PATTERN, PathName, existing
from services.gateway.times import Moment, timestamp
from services.kit.client import call

router = APIRouter(prefix="/api/billing", tags=["history"], dependencies=documented)
_MAX_PAGE_SIZE = 200
# With the largest page, as many sessions as may be passed over.
_MAX_PAGE = 50_000


@router.get(
    "/usage/", response_model_exclude_unset=True, responses=refusals(401, 422), summary="List calls and what they used"
)
async def usage(
    caller: CallerOf,
    gateway: GatewayOf,
    character_slug: Annotated[str | None, Query(pattern=PATTERN, description="Only this character.")] = None,
    tenant_id: Annotated[str | None, Query(pattern=PATTERN, description="Only this tenant.")] = None,
    start: Annotated[Moment | None, Query(description="Only calls created at this moment or later; ISO 8601.")] = None,
    end: Annotated[Moment | None, Query(description="Only calls created at this moment or earlier; ISO 8601.")] = None,
    page: Annotated[int, Query(ge=1, le=_MAX_PAGE, description="From 1.")] = 1,
    page_size: Annotated[int, Query(ge=1, le=_MAX_PAGE_SIZE, description="Calls on a page.")] = 50,
) -> Envelope[UsageReport]:
    """Calls of one's own characters (of all, for staff), newest first, with totals over the whole filter."""
    listed = await call(
        gateway.backends.sessions.ListSessions,
        pb.ListSessionsRequest(
            page_size=page_size,
            skip=(page - 1) * page_size,
            character_slug=character_slug or "",
            tenant_id=tenant_id or "",
            start_time=None if start is None else timestamp(start),
            end_time=None if end is None else timestamp(end),
            view=pb.SESSION_VIEW_FULL,
        ),
        identity=caller.token,
    )
    return enveloped(history.usage_report(listed, page, page_size))


@router.get(
    "/sessions/{session_id}/",
    response_model_exclude_unset=True,
    responses=refusals(401, 404),
    summary="Read a call's history",
)
async def session_history(session_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Envelope[AgentSessionSummary]:
    """One call of one's own character, with its transcript."""
    request = pb.GetSessionRequest(session_id=existing(session_id, "The session"))
    found = await call(gateway.backends.sessions.GetSession, request, identity=caller.token)
    return enveloped(history.summary(found))
