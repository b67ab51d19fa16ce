"""/api/ai-characters/{slug}/versions/: reading, comparing and restoring versions of a character."""

import re
from typing import Annotated

from callbox.characters.v1 import characters_pb2 as pb
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import WithJsonSchema
from starlette.responses import JSONResponse

from services.gateway.answers.characters import character_json, version_json, version_summary
from services.gateway.answers.envelope import refusals
from services.gateway.gateway import CallerOf, GatewayOf, clears_origin_cache, documented
from services.gateway.models.character import Character, Difference, Version, VersionLine
from services.gateway.paging import PAGED, PageRequestOf, read_all, read_page, with_page_headers
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.conditions import WITH_ETAG, IfMatch, if_match_refusals, if_match_tags, with_etag
from services.gateway.requests.path_names import PathName, require_name
from services.kit.errors import not_found
from services.kit.rpc.client import call
from services.kit.structs import from_struct

router = APIRouter(
    prefix="/api/ai-characters/{slug}/versions",
    tags=["characters"],
    route_class=StrictBodyRoute,
    dependencies=[*documented, clears_origin_cache],
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
    request: Request, slug: PathName, caller: CallerOf, gateway: GatewayOf, page_request: PageRequestOf
) -> Response:
    """Lists the versions of a character, newest first: all of them, or one page."""
    name = require_name(slug, _WHAT)
    total = 0

    async def read(token: str, size: int = 0) -> tuple[list[pb.CharacterVersion], str]:
        nonlocal total
        asked = pb.ListCharacterVersionsRequest(
            slug=name,
            page_size=size,
            page_token=token,
            skip=0 if token or page_request.wants_all else page_request.skip,
        )
        page = await call(gateway.backends.characters.ListCharacterVersions, asked, identity=caller.token)
        total = page.total_size
        return list(page.versions), page.next_page_token

    found = await read_all(read) if page_request.wants_all else await read_page(page_request, read)
    return with_page_headers(
        JSONResponse([version_summary(version) for version in found]), page_request, total, request
    )


@router.get("/{number}/", response_model=Version, responses=refusals(401, 404), summary="Read a version of a character")
async def get_version(slug: PathName, number: Number, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Answers a character as it was in this version, with masked secrets."""
    asked = pb.GetCharacterVersionRequest(slug=require_name(slug, _WHAT), version=_number(number))
    version = await call(gateway.backends.characters.GetCharacterVersion, asked, identity=caller.token)
    return JSONResponse(version_json(version))


@router.get(
    "/{number}/diff/",
    response_model=Difference,
    responses=refusals(401, 404, 422),
    summary="Compare two versions",
)
async def compare_versions(
    slug: PathName,
    number: Number,
    caller: CallerOf,
    gateway: GatewayOf,
    against: Annotated[
        int | None,
        Query(
            ge=0,
            le=_MAX_NUMBER,
            description="The other version. Unset: the one before. 0: a character with every default.",
        ),
    ] = None,
) -> Response:
    """Answers the changes from the other version to this one as JSON Patch (RFC 6902), with masked secrets."""
    after = _number(number)
    before = after - 1 if against is None else against
    asked = pb.CompareCharacterVersionsRequest(slug=require_name(slug, _WHAT), version=after, against=before)
    answer = await call(gateway.backends.characters.CompareCharacterVersions, asked, identity=caller.token)
    return JSONResponse({"version": after, "against": before, "patch": [from_struct(step) for step in answer.patch]})


@router.post(
    "/{number}/restore/",
    response_model=Character,
    responses=WITH_ETAG | if_match_refusals(401, 404, 422),
    summary="Restore a version of a character",
)
async def restore_version(
    slug: PathName, number: Number, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Creates a new version with the content of this one, including its secrets. Takes no body."""
    asked = pb.RestoreCharacterVersionRequest(
        slug=require_name(slug, _WHAT), version=_number(number), if_match=if_match_tags(if_match)
    )
    made = await call(gateway.backends.characters.RestoreCharacterVersion, asked, identity=caller.token)
    return with_etag(JSONResponse(character_json(made)), made.etag)


def _number(text: str) -> int:
    """The number of a version that can exist.

    Raises: CallboxError `not_found`.
    """
    if not _NUMBER.match(text) or int(text) > _MAX_NUMBER:
        raise not_found("The version")
    return int(text)
