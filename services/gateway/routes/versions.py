"""/api/ai-characters/{slug}/versions/: what a character was, and having it back."""

import re
from typing import Annotated

from callbox.characters.v1 import characters_pb2 as pb
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import WithJsonSchema
from starlette.responses import JSONResponse

from services.gateway.answers.characters import body_of, line_of, whole_of
from services.gateway.answers.envelope import refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented, forgets_gates
from services.gateway.models.character import Character, Difference, Version, VersionLine
from services.gateway.paging.pages import PAGED, WindowOf, items_of, numbered
from services.gateway.paging.whole import all_pages
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.conditions import TAGGED, IfMatch, conditional, tagged, wanted
from services.gateway.requests.path_names import PathName, existing
from services.kit.errors import not_found
from services.kit.rpc.client import call
from services.kit.structs import to_dict

router = APIRouter(
    prefix="/api/ai-characters/{slug}/versions",
    tags=["characters"],
    route_class=StrictBodyRoute,
    dependencies=[*documented, forgets_gates],
)
_WHAT = "The character"
_MAX_NUMBER = 2**31 - 1
_NUMBER = re.compile(r"[1-9][0-9]{0,9}\Z")

Number = Annotated[
    str,
    Path(description="Number of a version."),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MAX_NUMBER}),
]


@router.get(
    "/",
    response_model=list[VersionLine],
    responses=PAGED | refusals(401, 404, 422),
    summary="List the versions of a character",
)
async def list_versions(
    request: Request, slug: PathName, caller: CallerOf, gateway: GatewayOf, window: WindowOf
) -> Response:
    """Every change of a character, newest first: the whole list, or one page of it."""
    name = existing(slug, _WHAT)
    total = 0

    async def read(token: str, size: int = 0) -> tuple[list[pb.CharacterVersion], str]:
        nonlocal total
        asked = pb.ListCharacterVersionsRequest(
            slug=name, page_size=size, page_token=token, skip=0 if token or window.is_whole else window.skip
        )
        page = await call(gateway.backends.characters.ListCharacterVersions, asked, identity=caller.token)
        total = page.total_size
        return list(page.versions), page.next_page_token

    found = await all_pages(read) if window.is_whole else await items_of(window, read)
    return numbered(JSONResponse([line_of(version) for version in found]), window, total, request)


@router.get("/{number}/", response_model=Version, responses=refusals(401, 404), summary="Read a version of a character")
async def get_version(slug: PathName, number: Number, caller: CallerOf, gateway: GatewayOf) -> Response:
    """A character as it was, secrets masked."""
    asked = pb.GetCharacterVersionRequest(slug=existing(slug, _WHAT), version=_number(number))
    version = await call(gateway.backends.characters.GetCharacterVersion, asked, identity=caller.token)
    return JSONResponse(whole_of(version))


@router.get(
    "/{number}/diff/",
    response_model=Difference,
    responses=refusals(401, 404, 422),
    summary="Hold a version against another",
)
async def compare_versions(
    slug: PathName,
    number: Number,
    caller: CallerOf,
    gateway: GatewayOf,
    against: Annotated[
        int | None,
        Query(ge=0, le=_MAX_NUMBER, description="The other version; unset, the one before; 0, every default."),
    ] = None,
) -> Response:
    """What makes this version out of the other, as JSON Patch (RFC 6902), secrets masked."""
    after = _number(number)
    before = after - 1 if against is None else against
    asked = pb.CompareCharacterVersionsRequest(slug=existing(slug, _WHAT), version=after, against=before)
    answer = await call(gateway.backends.characters.CompareCharacterVersions, asked, identity=caller.token)
    return JSONResponse({"version": after, "against": before, "patch": [to_dict(step) for step in answer.patch]})


@router.post(
    "/{number}/restore/",
    response_model=Character,
    responses=TAGGED | conditional(401, 404, 422),
    summary="Restore a version of a character",
)
async def restore_version(
    slug: PathName, number: Number, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Makes a new version with the content of this one, its secrets included. Takes no body."""
    asked = pb.RestoreCharacterVersionRequest(
        slug=existing(slug, _WHAT), version=_number(number), if_match=wanted(if_match)
    )
    made = await call(gateway.backends.characters.RestoreCharacterVersion, asked, identity=caller.token)
    return tagged(JSONResponse(body_of(made)), made.etag)


def _number(text: str) -> int:
    """The number of a version that may exist.

    Raises: CallboxError `not_found`.
    """
    if not _NUMBER.match(text) or int(text) > _MAX_NUMBER:
        raise not_found("The version")
    return int(text)
