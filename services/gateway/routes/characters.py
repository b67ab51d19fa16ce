"""/api/ai-characters/: characters, the definitions of agents."""

from typing import Annotated, Any

from callbox.characters.v1 import characters_pb2 as pb
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from services.gateway.answers.characters import character_json
from services.gateway.answers.envelope import BODY, refusals
from services.gateway.gateway import CallerOf, Gateway, GatewayOf, clears_origin_cache, documented
from services.gateway.models.character import ChangeBody, Character, DefinitionBody, ReplacementBody
from services.gateway.paging import PAGED, PageRequestOf, read_all, read_page, with_page_headers
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.conditions import (
    CACHEABLE,
    CREATED_WITH_ETAG,
    WITH_ETAG,
    IfMatch,
    IfNoneMatch,
    if_match_refusals,
    if_match_tags,
    is_not_modified,
    not_modified,
    with_etag,
)
from services.gateway.requests.credentials import Caller
from services.gateway.requests.path_names import PathName, require_name
from services.kit.rpc.client import call
from services.kit.structs import to_struct

router = APIRouter(
    prefix="/api/ai-characters",
    tags=["characters"],
    route_class=StrictBodyRoute,
    dependencies=[*documented, clears_origin_cache],
)
_WHAT = "The character"
_REVALIDATE = {"Cache-Control": "private, no-cache"}


@router.get(
    "/",
    response_model=list[Character],
    responses=PAGED | refusals(401, 422),
    summary="List your characters",
)
async def list_characters(
    request: Request,
    caller: CallerOf,
    gateway: GatewayOf,
    page_request: PageRequestOf,
    q: Annotated[
        str, Query(max_length=200, description="Only characters whose slug or name contains this; case is ignored.")
    ] = "",
) -> Response:
    """Lists your characters, newest first: all of them, or one page."""
    total = 0

    async def read(token: str, size: int = 0) -> tuple[list[pb.Character], str]:
        nonlocal total
        asked = pb.ListCharactersRequest(
            page_size=size, page_token=token, query=q, skip=0 if token or page_request.wants_all else page_request.skip
        )
        page = await call(gateway.backends.characters.ListCharacters, asked, identity=caller.token)
        total = page.total_size
        return list(page.characters), page.next_page_token

    found = await read_all(read) if page_request.wants_all else await read_page(page_request, read)
    return with_page_headers(
        JSONResponse([character_json(character) for character in found]), page_request, total, request
    )


@router.post(
    "/",
    status_code=201,
    response_model=Character,
    responses=CREATED_WITH_ETAG | refusals(*BODY, 401, 409),
    summary="Create a character",
)
async def create_character(definition: DefinitionBody, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Creates version 1 of a character. A field that you do not send gets its default."""
    request = pb.CreateCharacterRequest(definition=to_struct(definition))
    created = await call(gateway.backends.characters.CreateCharacter, request, identity=caller.token)
    return with_etag(JSONResponse(character_json(created), 201), created.etag)


@router.get(
    "/{slug}/",
    response_model=Character,
    responses=CACHEABLE | refusals(401, 404),
    summary="Read a character",
)
async def get_character(
    slug: PathName, caller: CallerOf, gateway: GatewayOf, if_none_match: IfNoneMatch = None
) -> Response:
    """Answers the newest version of a character."""
    asked = pb.GetCharacterRequest(slug=require_name(slug, _WHAT))
    found = await call(gateway.backends.characters.GetCharacter, asked, identity=caller.token)
    if is_not_modified(if_none_match, found.etag):
        return not_modified(found.etag, _REVALIDATE)
    return with_etag(JSONResponse(character_json(found), headers=_REVALIDATE), found.etag)


@router.put(
    "/{slug}/",
    response_model=Character,
    responses=WITH_ETAG | if_match_refusals(*BODY, 401, 404),
    summary="Replace a character",
)
async def replace_character(
    slug: PathName, definition: ReplacementBody, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Creates a new version from a complete definition. A field that you do not send gets its default."""
    return await _update(slug, definition, pb.UPDATE_MODE_REPLACE, caller, gateway, if_match)


@router.patch(
    "/{slug}/",
    response_model=Character,
    responses=WITH_ETAG | if_match_refusals(*BODY, 401, 404),
    summary="Change a character",
)
async def change_character(
    slug: PathName, change: ChangeBody, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Creates a new version by JSON Merge Patch (RFC 7396): objects merge, arrays replace, `null` resets a field."""
    return await _update(slug, change, pb.UPDATE_MODE_MERGE, caller, gateway, if_match)


@router.delete("/{slug}/", status_code=204, responses=if_match_refusals(401, 404), summary="Delete a character")
async def delete_character(slug: PathName, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None) -> Response:
    """Deletes a character. Its history stays, and its slug may be used again."""
    request = pb.DeleteCharacterRequest(slug=require_name(slug, _WHAT), if_match=if_match_tags(if_match))
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
        slug=require_name(slug, _WHAT), definition=to_struct(definition), mode=mode, if_match=if_match_tags(if_match)
    )
    changed = await call(gateway.backends.characters.UpdateCharacter, request, identity=caller.token)
    return with_etag(JSONResponse(character_json(changed)), changed.etag)
