"""/api/agents/{slug}/appearance/: how a page shows a character."""

from callbox.characters.v1 import appearance_pb2 as pb
from fastapi import APIRouter, Request, Response

from services.gateway.answers.envelope import refusals
from services.gateway.answers.errors import error_response
from services.gateway.gateway import GatewayOf, documented_public
from services.gateway.models.form import Appearance
from services.gateway.public import cors
from services.gateway.public.access import page_origin, send_as_caller
from services.gateway.requests.conditions import CACHEABLE, IfNoneMatch, is_not_modified, not_modified, with_etag
from services.gateway.requests.credentials import credential_of
from services.gateway.requests.path_names import PathName, require_name
from services.kit.errors import CallboxError
from services.kit.rpc.client import call

router = APIRouter(prefix="/api/agents", tags=["appearance"])
_PATH = "/{slug}/appearance/"
# A browser caches it and revalidates each time, so a change shows at the next load of a page.
_REVALIDATE = {"Cache-Control": "private, no-cache"}


@router.get(
    _PATH,
    response_model=Appearance,
    responses=CACHEABLE | refusals(401, 403, 404),
    dependencies=documented_public,
    summary="Read a character's appearance",
)
async def get_appearance(
    slug: PathName, request: Request, gateway: GatewayOf, if_none_match: IfNoneMatch = None
) -> Response:
    """Answers the complete appearance: the character's overrides merged over the defaults.

    Open to pages whose `Origin` the character lists, and to its owner.
    """

    async def send(token: str) -> pb.Appearance:
        message = pb.GetAppearanceRequest(agent=require_name(slug, "The character"))
        return await call(gateway.backends.appearance.GetAppearance, message, identity=token)

    outcome = await send_as_caller(gateway, slug, credential_of(request), page_origin(request), send)
    if isinstance(outcome.answer, CallboxError):
        return cors.allow_origin(error_response(outcome.answer), outcome.readable_by)
    shown = outcome.answer
    if is_not_modified(if_none_match, shown.digest):
        return cors.allow_origin(not_modified(shown.digest, _REVALIDATE), outcome.readable_by)
    response = Response(shown.document, media_type="application/json", headers=_REVALIDATE)
    return cors.allow_origin(with_etag(response, shown.digest), outcome.readable_by)


@router.options(_PATH, include_in_schema=False)
async def preflight(request: Request) -> Response:
    """Answers the CORS preflight of a browser."""
    return cors.preflight(request, "GET, OPTIONS")
