"""/api/ai-characters/: definitions of agents."""

from typing import Any

from callbox.characters.v1 import characters_pb2 as pb
from fastapi import APIRouter, Response
from starlette.responses import JSONResponse

from services.gateway.body import StrictBodyRoute
from services.gateway.envelope import BODY, refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.character import ChangeBody, Character, DefinitionBody, ReplacementBody
from services.gateway.names import PathName, existing
from services.gateway.paging import all_pages
from services.gateway.structs import to_dict, to_struct
from services.gateway.times import iso
from services.kit.client import call

router = APIRouter(
    prefix="/api/ai-characters", tags=["characters"], route_class=StrictBodyRoute, dependencies=documented
)
_WHAT = "The character"


@router.get("/", response_model=list[Character], responses=refusals(401), summary="List one's characters")
async def list_characters(caller: CallerOf, gateway: GatewayOf) -> Response:
    """The characters of the user who asks, newest first."""

    async def read(token: str) -> tuple[list[pb.Character], str]:
        request = pb.ListCharactersRequest(page_token=token)
        page = await call(gateway.backends.characters.ListCharacters, request, identity=caller.token)
        return list(page.characters), page.next_page_token

    return JSONResponse([_body(character) for character in await all_pages(read)])


@router.post(
    "/",
    status_code=201,
    response_model=Character,
    responses=refusals(*BODY, 401, 409),
    summary="Create a character",
)
async def create_character(definition: DefinitionBody, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Makes version 1 of a character; what is not sent takes its default."""
    request = pb.CreateCharacterRequest(definition=to_struct(definition))
    created = await call(gateway.backends.characters.CreateCharacter, request, identity=caller.token)
    return JSONResponse(_body(created), 201)


@router.get("/{slug}/", response_model=Character, responses=refusals(401, 404), summary="Read a character")
async def get_character(slug: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """A character as it is now."""
    request = pb.GetCharacterRequest(slug=existing(slug, _WHAT))
    return JSONResponse(_body(await call(gateway.backends.characters.GetCharacter, request, identity=caller.token)))


@router.put("/{slug}/", response_model=Character, responses=refusals(*BODY, 401, 404), summary="Replace a character")
async def replace_character(
    slug: PathName, definition: ReplacementBody, caller: CallerOf, gateway: GatewayOf
) -> Response:
    """Makes a new version from the whole definition; what is not sent takes its default."""
    return await _update(slug, definition, pb.UPDATE_MODE_REPLACE, caller, gateway)


@router.patch("/{slug}/", response_model=Character, responses=refusals(*BODY, 401, 404), summary="Change a character")
async def change_character(slug: PathName, change: ChangeBody, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Makes a new version by JSON Merge Patch (RFC 7396): objects merge, arrays replace, `null` resets."""
    return await _update(slug, change, pb.UPDATE_MODE_MERGE, caller, gateway)


@router.delete("/{slug}/", status_code=204, responses=refusals(401, 404), summary="Delete a character")
async def delete_character(slug: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Deletes a character; its history stays, and its slug may be used again."""
    request = pb.DeleteCharacterRequest(slug=existing(slug, _WHAT))
    await call(gateway.backends.characters.DeleteCharacter, request, identity=caller.token)
    return Response(status_code=204)


async def _update(
    slug: str, definition: dict[str, Any], mode: pb.UpdateMode.ValueType, caller: CallerOf, gateway: GatewayOf
) -> Response:
    request = pb.UpdateCharacterRequest(slug=existing(slug, _WHAT), definition=to_struct(definition), mode=mode)
    return JSONResponse(_body(await call(gateway.backends.characters.UpdateCharacter, request, identity=caller.token)))


def _body(character: pb.Character) -> dict[str, Any]:
    own = {
        "id": character.id,
        "slug": character.slug,
        "version": character.version,
        "created_by": character.created_by,
        "created_at": iso(character.create_time),
        "updated_at": iso(character.update_time),
    }
    return {**to_dict(character.definition), **own}
