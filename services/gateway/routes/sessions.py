"""/api/agents/: starting, reading and ending calls."""

from typing import Annotated

from callbox.sessions.v1 import sessions_pb2 as pb
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from services.gateway.answers import history
from services.gateway.answers.envelope import BODY, Envelope, enveloped, forbid_caching, refusals, uncacheable
from services.gateway.answers.errors import error_response
from services.gateway.gateway import CallerOf, GatewayOf, address_of, documented, documented_public
from services.gateway.models.session import Session, StartedSession, StartSession
from services.gateway.public import cors
from services.gateway.public.access import PublicRoute
from services.gateway.public.start import start
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.credentials import credential_of
from services.gateway.requests.path_names import PathName, require_name
from services.kit.errors import CallboxError, Code
from services.kit.rpc import context
from services.kit.rpc.client import call

public = APIRouter(prefix="/api/agents", tags=["sessions"], route_class=PublicRoute)
router = APIRouter(prefix="/api/agents", tags=["sessions"], route_class=StrictBodyRoute)
_START = "/agent-session/"
# A start is answered within a second; the gateway itself needs some of it.
_START_SECONDS = 0.9
_WHAT = "The session"


@public.post(
    _START,
    response_model=StartedSession | Envelope[StartedSession],
    responses={
        **uncacheable(200, "Idempotent-Replayed"),
        **refusals(*BODY, 401, 403, 404, 409, 429, Code.CONCURRENCY_LIMIT_REACHED, Code.AT_CAPACITY),
    },
    dependencies=documented_public,
    summary="Start a call",
)
async def start_session(
    request: Request,
    body: StartSession,
    gateway: GatewayOf,
    idempotency_key: Annotated[
        str | None,
        Header(description="With a credential: the same key and body within 24 hours get the same call."),
    ] = None,
) -> Response:
    """Starts a call or refuses it within a second.

    With an API key the answer is wrapped in an envelope. With an access token, or from a page whose `Origin` the
    character lists, it is bare.
    """
    context.set_deadline(_START_SECONDS)
    credential, origin = credential_of(request), request.headers.get("origin")
    started = await start(gateway, body, credential, origin, address_of(request), idempotency_key or "")
    if isinstance(started.answer, CallboxError):
        return cors.allow_origin(error_response(started.answer), started.readable_by)
    bare = _started(started.answer)
    body_model: BaseModel = enveloped(bare) if credential is not None and credential.by_key else bare
    response = Response(body_model.model_dump_json(), media_type="application/json")
    forbid_caching(response)
    if started.answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return cors.allow_origin(response, started.readable_by)


@public.options(_START, include_in_schema=False)
async def preflight(request: Request) -> Response:
    """Answers the CORS preflight of a browser."""
    return cors.preflight(request, "POST, OPTIONS")


@router.get(
    "/sessions/{session_id}/", responses=refusals(401, 404), dependencies=documented, summary="Read the state of a call"
)
async def get_session(session_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Session:
    """Answers the state of a call of one of your characters."""
    request = pb.GetSessionRequest(session_id=require_name(session_id, _WHAT))
    return history.session(await call(gateway.backends.sessions.GetSession, request, identity=caller.token))


@router.post("/sessions/{session_id}/end/", responses=refusals(401, 404), dependencies=documented, summary="End a call")
async def end_session(session_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Session:
    """Ends a call. The answer is the same when it has ended already."""
    request = pb.EndSessionRequest(session_id=require_name(session_id, _WHAT))
    return history.session(await call(gateway.backends.sessions.EndSession, request, identity=caller.token))


def _started(started: pb.StartSessionResponse) -> StartedSession:
    return StartedSession(
        token=started.token,
        livekit_url=started.livekit_url,
        room_name=started.session.room_name,
        participant_identity=started.participant_identity,
        session_id=started.session.session_id,
        expires_in_seconds=started.token_ttl.seconds,
        character_slug=started.session.character_slug,
        system_prompt=started.system_prompt,
        greeting=started.greeting,
    )
