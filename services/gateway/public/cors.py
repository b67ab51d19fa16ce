"""Cross-origin answers of the public endpoints (contract 14.3 and 14.12); every other endpoint has none."""

from starlette.requests import Request
from starlette.responses import Response

_PREFLIGHT_SECONDS = 600
_READABLE = "X-Request-Id, Retry-After, ETag, Idempotent-Replayed"


def preflight(request: Request, methods: str) -> Response:
    """Reflects what the browser asks for. It grants nothing: the real answer decides.

    methods: what the endpoint takes, for `Allow`.
    """
    response = Response(status_code=204, headers={"Allow": methods})
    origin = request.headers.get("origin")
    if origin:
        asked = request.headers.get("access-control-request-headers")
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = request.headers.get("access-control-request-method", methods)
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
        if asked:
            response.headers["Access-Control-Allow-Headers"] = asked
    response.headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    return response


def mark(response: Response, allowed_origin: str | None) -> Response:
    """Lets pages of `allowed_origin`, if any, read the answer."""
    response.headers.add_vary_header("Origin")
    if allowed_origin:
        response.headers["Access-Control-Allow-Origin"] = allowed_origin
        response.headers["Access-Control-Expose-Headers"] = _READABLE
    return response
