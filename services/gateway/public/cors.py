"""CORS headers of the public endpoints (contract 14.3 and 14.12). No other endpoint sends any."""

from starlette.requests import Request
from starlette.responses import Response

_PREFLIGHT_SECONDS = 600
_EXPOSED = "X-Request-Id, Retry-After, ETag, Idempotent-Replayed"


def preflight(request: Request, methods: str) -> Response:
    """Allows what the browser asks for. The answer to the request itself decides who may read it.

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


def allow_origin(response: Response, origin: str | None) -> Response:
    """The response, readable by pages of `origin`, if any."""
    response.headers.add_vary_header("Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    return response
