"""/api/agents/{slug}/appearance/: what a page shows of a character."""

from callbox.characters.v1 import appearance_pb2 as pb
from fastapi import APIRouter, Request, Response

from services.gateway.answers.envelope import refusals
from services.gateway.answers.errors import answer
from services.gateway.gateway import GatewayOf, documented_public
from services.gateway.models.form import Appearance
from services.gateway.public import cors
from services.gateway.public.access import ask
from services.gateway.requests.conditions import KEPT, IfNoneMatch, is_known, not_modified, tagged
from services.gateway.requests.credentials import presented
from services.gateway.requests.path_names import PathName, existing
from services.kit.errors import CallboxError
from services.kit.rpc.client import call

router = APIRouter(prefix="/api/agents", tags=["appearance"])
_PATH = "/{slug}/appearance/"
# It may be kept, and is asked for each time whether it still holds: a change shows at the next load of a page.
_ASK_EACH_TIME = {"Cache-Control": "private, no-cache"}


@router.get(
    _PATH,
    response_model=Appearance,
    responses=KEPT | refusals(401, 403, 404),
    dependencies=documented_public,
    summary="Read a character's appearance",
)
async def get_appearance(
    slug: PathName, request: Request, gateway: GatewayOf, if_none_match: IfNoneMatch = None
) -> Response:
    """The whole appearance: overrides merged over defaults.

    For pages whose `Origin` the character lists, and for its owner.
    """

    async def send(token: str) -> pb.Appearance:
        message = pb.GetAppearanceRequest(agent=existing(slug, "The character"))
        return await call(gateway.backends.appearance.GetAppearance, message, identity=token)

    asked = await ask(gateway, slug, presented(request), request.headers.get("origin"), send)
    if isinstance(asked.answer, CallboxError):
        return cors.mark(answer(asked.answer), asked.readable_by)
    shown = asked.answer
    if is_known(if_none_match, shown.digest):
        return cors.mark(not_modified(shown.digest, _ASK_EACH_TIME), asked.readable_by)
    response = Response(shown.document, media_type="application/json", headers=_ASK_EACH_TIME)
    return cors.mark(tagged(response, shown.digest), asked.readable_by)


@router.options(_PATH, include_in_schema=False)
async def preflight(request: Request) -> Response:
    """Answers a browser that asks before it sends; grants nothing."""
    return cors.preflight(request, "GET, OPTIONS")
