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
# Tags with commas between them; where a tag stands was taken out before.
_LIST = re.compile(r"[\s,]*#(\s*,[\s,]*#)*[\s,]*\Z")

IfMatch = Annotated[
    list[str] | None,
    Header(alias="If-Match", description="Entity tags, of which one must be the newest version's, or `*`; else 412."),
    # A header that is sent in several lines means the same as one line with commas.
    WithJsonSchema({"type": "string"}),
]
IfNoneMatch = Annotated[
    list[str] | None,
    Header(alias="If-None-Match", description="Entity tags the client has, or `*`; 304 if the newest is among them."),
    WithJsonSchema({"type": "string"}),
]
_TAGGED = headers("ETag")
_KEPT = headers("ETag", "Cache-Control")

# What routes say of answers with an entity tag, and of those that need none.
Responses: TypeAlias = dict[int | str, dict[str, Any]]
TAGGED: Responses = {200: {"headers": _TAGGED}}
TAGGED_WHEN_MADE: Responses = {201: {"headers": _TAGGED}}
# A read that says how long its answer may be kept, and answers 304.
KEPT: Responses = {
    200: {"headers": _KEPT},
    304: {"description": "The client has this version already.", "headers": _KEPT},
}


def wanted(if_match: list[str] | None) -> list[str]:
    """The entity tags of `If-Match`, without quotes; empty when there is no condition.

    A weak tag never matches (RFC 9110, section 13.1.1), so it stays in a form that no tag of ours has.
    Raises: CallboxError `invalid_request` when it is none.
    """
    if if_match is None:
        return []
    text = ", ".join(if_match).strip()
    if text == _ANY:
        return [_ANY]
    tags = [("W/" if found["weak"] else "") + found["value"] for found in _TAG.finditer(text)]
    if not _LIST.match(_TAG.sub("#", text)) or len(tags) > _MAX_TAGS:
        raise CallboxError(
            Code.INVALID_REQUEST, 'If-Match must be * or the ETag of an answer as it came, in its quotes: "…".'
        )
    return tags


def is_known(if_none_match: list[str] | None, etag: str) -> bool:
    """Whether the client says by `If-None-Match` that it has this version already."""
    text = ", ".join(if_none_match or ()).strip()
    return text == _ANY or any(found["value"] == etag for found in _TAG.finditer(text))


def tagged(response: Response, etag: str) -> Response:
    """The answer with its entity tag."""
    response.headers["ETag"] = f'"{etag}"'
    return response


def not_modified(etag: str, others: Mapping[str, str]) -> Response:
    """The answer to a client that has it already. others: headers beside its entity tag."""
    return tagged(Response(status_code=304, headers=dict(others)), etag)


def conditional(*causes: int | Code) -> Responses:
    """The `responses` of a route that takes `If-Match`, and may refuse with these statuses or codes too."""
    return refusals(*{*causes, 400, 412})
