"""Turns every error of a request into the error body of contract 14.1."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match

from services.kit.errors import CallboxError, Code, internal, validation
from services.kit.metrics import refusals
from services.kit.rpc import context

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_AUTHENTICATION = frozenset({Code.NOT_AUTHENTICATED, Code.TOKEN_EXPIRED})
# Every 429 and 503 has `Retry-After`; these seconds are for errors that name none.
_RETRY_SECONDS = {429: 5, 503: 2}
_CODES = {
    400: Code.INVALID_REQUEST,
    401: Code.NOT_AUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.PAYLOAD_TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    422: Code.VALIDATION_FAILED,
}


def error_response(error: CallboxError) -> Response:
    """The HTTP response of an error."""
    refusals.labels(str(error.code)).inc()
    response = JSONResponse(error.body(context.request_id.get()), error.http_status, error.headers())
    if error.code in _AUTHENTICATION:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.http_status in _RETRY_SECONDS:
        response.headers.setdefault("Retry-After", str(_RETRY_SECONDS[error.http_status]))
    return response


async def on_callbox_error(_: Request, error: Exception) -> Response:
    """The response to an error of our own code or of a service behind it."""
    assert isinstance(error, CallboxError)
    return error_response(error)


async def on_validation_error(_: Request, error: Exception) -> Response:
    """The response to a request that its model refuses."""
    assert isinstance(error, RequestValidationError)
    return error_response(validation_error(error))


def validation_error(error: RequestValidationError) -> CallboxError:
    """The error of a request that its model refuses, by field path."""
    fields: dict[str, list[str]] = {}
    for problem in error.errors():
        path = ".".join(str(part) for part in problem["loc"][1:]) or str(problem["loc"][0])
        fields.setdefault(path, []).append(str(problem["msg"]).removeprefix("Value error, "))
    return validation(fields)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The response to an unknown path or method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_response(
            CallboxError(Code.NOT_FOUND, "There is nothing at this address; /api/docs lists every address of the API.")
        )
    if error.status_code == 405:
        methods = ", ".join(_allowed(request))
        refusal = error_response(
            CallboxError(Code.METHOD_NOT_ALLOWED, f"This address does not take {request.method}; it takes {methods}.")
        )
        refusal.headers["Allow"] = methods
        return refusal
    code = _CODES.get(error.status_code)
    return error_response(CallboxError(code, str(error.detail)) if code else internal())


def _allowed(request: Request) -> list[str]:
    def takes(method: str) -> bool:
        routes: list[BaseRoute] = request.app.router.routes
        return any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)

    return [method for method in _METHODS if takes(method)]
