"""/api/ai-characters/: definitions of agents."""

from typing import Annotated, Any

from callbox.characters.v1 import characters_pb2 as pb
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from services.gateway.answers.characters import body_of
from services.gateway.answers.envelope import BODY, refusals
from services.gateway.answers.structs import to_struct
from services.gateway.gateway import CallerOf, Gateway, GatewayOf, documented, forgets_gates
from services.gateway.models.character import ChangeBody, Character, DefinitionBody, ReplacementBody
from services.gateway.paging.pages import PAGED, WindowOf, items_of, numbered
from services.gateway.paging.whole import all_pages
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.conditions import (
    KEPT,
    TAGGED,
    TAGGED_WHEN_MADE,
    IfMatch,
    IfNoneMatch,
    conditional,
    is_known,
    not_modified,
    tagged,
    wanted,
)
from services.gateway.requests.credentials import Caller
from services.gateway.requests.path_names import PathName, existing
from services.kit.rpc.client import call

router = APIRouter(
    prefix="/api/ai-characters",
    tags=["characters"],
    route_class=StrictBodyRoute,
    dependencies=[*documented, forgets_gates],
)
_WHAT = "The character"
_ASK_EACH_TIME = {"Cache-Control": "private, no-cache"}


@router.get(
    "/",
    response_model=list[Character],
    responses=PAGED | refusals(401, 422),
    summary="List one's characters",
)
async def list_characters(
    request: Request,
    caller: CallerOf,
    gateway: GatewayOf,
    window: WindowOf,
    q: Annotated[
        str, Query(max_length=200, description="Only characters whose slug or name holds this, in any case.")
    ] = "",
) -> Response:
    """The characters of the user who asks, newest first: all of them, or one page."""
    total = 0

    async def read(token: str, size: int = 0) -> tuple[list[pb.Character], str]:
        nonlocal total
        asked = pb.ListCharactersRequest(
            page_size=size, page_token=token, query=q, skip=0 if token or window.is_whole else window.skip
        )
        page = await call(gateway.backends.characters.ListCharacters, asked, identity=caller.token)
        total = page.total_size
        return list(page.characters), page.next_page_token

    found = await all_pages(read) if window.is_whole else await items_of(window, read)
    return numbered(JSONResponse([body_of(character) for character in found]), window, total, request)


@router.post(
    "/",
    status_code=201,
    response_model=Character,
    responses=TAGGED_WHEN_MADE | refusals(*BODY, 401, 409),
    summary="Create a character",
)
async def create_character(definition: DefinitionBody, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Makes version 1 of a character; what is not sent takes its default."""
    request = pb.CreateCharacterRequest(definition=to_struct(definition))
    created = await call(gateway.backends.characters.CreateCharacter, request, identity=caller.token)
    return tagged(JSONResponse(body_of(created), 201), created.etag)


@router.get(
    "/{slug}/",
    response_model=Character,
    responses=KEPT | refusals(401, 404),
    summary="Read a character",
)
async def get_character(
    slug: PathName, caller: CallerOf, gateway: GatewayOf, if_none_match: IfNoneMatch = None
) -> Response:
    """A character as it is now."""
    asked = pb.GetCharacterRequest(slug=existing(slug, _WHAT))
    found = await call(gateway.backends.characters.GetCharacter, asked, identity=caller.token)
    if is_known(if_none_match, found.etag):
        return not_modified(found.etag, _ASK_EACH_TIME)
    return tagged(JSONResponse(body_of(found), headers=_ASK_EACH_TIME), found.etag)


@router.put(
    "/{slug}/",
    response_model=Character,
    responses=TAGGED | conditional(*BODY, 401, 404),
    summary="Replace a character",
)
async def replace_character(
    slug: PathName, definition: ReplacementBody, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Makes a new version from the whole definition; what is not sent takes its default."""
    return await _update(slug, definition, pb.UPDATE_MODE_REPLACE, caller, gateway, if_match)


@router.patch(
    "/{slug}/",
    response_model=Character,
    responses=TAGGED | conditional(*BODY, 401, 404),
    summary="Change a character",
)
async def change_character(
    slug: PathName, change: ChangeBody, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Makes a new version by JSON Merge Patch (RFC 7396): objects merge, arrays replace, `null` resets."""
    return await _update(slug, change, pb.UPDATE_MODE_MERGE, caller, gateway, if_match)


@router.delete("/{slug}/", status_code=204, responses=conditional(401, 404), summary="Delete a character")
async def delete_character(slug: PathName, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None) -> Response:
    """Deletes a character; its history stays, and its slug may be used again."""
    request = pb.DeleteCharacterRequest(slug=existing(slug, _WHAT), if_match=wanted(if_match))
    await call(gateway.backends.characters.DeleteCharacter, request, identity=caller.token)
    return Response(status_code=204)


async def _update(
    slug: str,
    definition: dict[str, Any],
    mode: pb.UpdateMode.ValueType,
    caller: Caller,
    gateway: Gateway,
    if_match: list[str] | None,
) -> Response:
    request = pb.UpdateCharacterRequest(
        slug=existing(slug, _WHAT), definition=to_struct(definition), mode=mode, if_match=wanted(if_match)
    )
    changed = await call(gateway.backends.characters.UpdateCharacter, request, identity=caller.token)
    return tagged(JSONResponse(body_of(changed)), changed.etag)
