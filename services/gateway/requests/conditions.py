"""Conditional requests: entity tags, `If-Match` and `If-None-Match` (RFC 9110, section 13)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import Header
from pydantic import WithJsonSchema
from starlette.responses import Response

from services.gateway.answers.envelope import headers, refusals
from services.kit.errors import CallboxError, Code

_ANY = "*"
_MAX_TAGS = 50
_TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[!#-~\x80-\xff]*)"')
# A list of tags, after each tag was replaced by #.
_LIST = re.compile(r"[\s,]*#(\s*,[\s,]*#)*[\s,]*\Z")

IfMatch = Annotated[
    list[str] | None,
    Header(alias="If-Match", description="Entity tags; one must be that of the newest version, else 412. Or `*`."),
    # A header that is sent several times means the same as one with commas.
    WithJsonSchema({"type": "string"}),
]
IfNoneMatch = Annotated[
    list[str] | None,
    Header(alias="If-None-Match", description="Entity tags that you have; 304 if the newest is among them. Or `*`."),
    WithJsonSchema({"type": "string"}),
]
_ETAG = headers("ETag")
_CACHE_HEADERS = headers("ETag", "Cache-Control")

# The `responses=` of a route whose answers have an entity tag.
Responses: TypeAlias = dict[int | str, dict[str, Any]]
WITH_ETAG: Responses = {200: {"headers": _ETAG}}
CREATED_WITH_ETAG: Responses = {201: {"headers": _ETAG}}
# The `responses=` of a route whose answers may be cached, and which answers 304.
CACHEABLE: Responses = {
    200: {"headers": _CACHE_HEADERS},
    304: {"description": "You have the newest version already.", "headers": _CACHE_HEADERS},
}


def if_match_tags(if_match: list[str] | None) -> list[str]:
    """The entity tags of `If-Match`, without quotes; empty when the request has no such header.

    A weak tag never matches (RFC 9110, section 13.1.1), so it keeps its `W/`, which no tag of ours has.
    Raises: CallboxError `invalid_request` for a header that cannot be parsed.
    """
    if if_match is None:
        return []
    text = ", ".join(if_match).strip()
    if text == _ANY:
        return [_ANY]
    tags = [("W/" if found["weak"] else "") + found["value"] for found in _TAG.finditer(text)]
    if not _LIST.match(_TAG.sub("#", text)) or len(tags) > _MAX_TAGS:
        raise CallboxError(
            Code.INVALID_REQUEST, 'If-Match must be * or an ETag as the API sent it, with its quotes: "…".'
        )
    return tags


def is_not_modified(if_none_match: list[str] | None, etag: str) -> bool:
    """Whether `If-None-Match` names this version, so that the answer is 304."""
    text = ", ".join(if_none_match or ()).strip()
    return text == _ANY or any(found["value"] == etag for found in _TAG.finditer(text))


def with_etag(response: Response, etag: str) -> Response:
    """The response with its entity tag."""
    response.headers["ETag"] = f'"{etag}"'
    return response


def not_modified(etag: str, others: Mapping[str, str]) -> Response:
    """The answer 304. others: headers beside the entity tag."""
    return with_etag(Response(status_code=304, headers=dict(others)), etag)


def if_match_refusals(*causes: int | Code) -> Responses:
    """The `responses=` of a route that takes `If-Match`, for its errors. causes: as `refusals`."""
    return refusals(*{*causes, 400, 412})
