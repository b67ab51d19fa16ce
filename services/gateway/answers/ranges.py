"""Parts of a file (RFC 9110, section 14): players of audio ask for them, some refuse to play without."""

import re

from starlette.requests import Request
from starlette.responses import Response

_ONE = re.compile(r"bytes=(?P<first>[0-9]{0,9})-(?P<last>[0-9]{0,9})\Z")


def part_of(response: Response, request: Request) -> Response:
    """The answer, or 206 with the one part of it that the request asks for.

    A `Range` that is no good, or of several parts, is passed over, as one may.
    """
    response.headers["Accept-Ranges"] = "bytes"
    body = bytes(response.body)
    asked = _ONE.match(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", response.headers.get("etag")) != response.headers.get("etag"):
        return response
    if asked["first"]:
        first = int(asked["first"])
        last = min(int(asked["last"] or len(body)), len(body) - 1)
    else:
        first, last = max(0, len(body) - int(asked["last"] or 0)), len(body) - 1
    if not first <= last:
        return response
    part = Response(body[first : last + 1], status_code=206, media_type=response.media_type)
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    part.headers.update({**kept, "Content-Range": f"bytes {first}-{last}/{len(body)}"})
    return part
