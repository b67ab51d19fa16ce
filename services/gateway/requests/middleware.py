"""Gives every request its id, deadline, trace span, metrics and log line, and answers unexpected errors."""

import time

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.answers.errors import error_response
from services.kit.errors import CallboxError, Code, internal
from services.kit.logs import bound_contextvars, get_logger
from services.kit.metrics import http_seconds
from services.kit.rpc import context
from services.kit.tracing import incoming, tracer

# Time that the services behind the gateway get for one request, unless a route sets another deadline.
_REQUEST_SECONDS = 5.0
_SLASHED = ("/api/", "/try/")
_NO_ROUTE = "none"
_BUILT_FILES = ("/widget/assets/", "/widget/api-docs/")
_QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_log = get_logger(__name__)


class RequestMiddleware:
    """Serves a path with and without its trailing slash, and gives every answer its `X-Request-Id`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        path: str = scope["path"]
        if path.startswith(_SLASHED) and not path.endswith("/"):
            scope = {**scope, "path": path + "/"}
        headers = Headers(scope=scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        request_id = context.sane_request_id(headers.get(context.REQUEST_ID_KEY))
        context.request_id.set(request_id)
        context.set_identity(None)
        context.set_deadline(_REQUEST_SECONDS)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = MutableHeaders(scope=message)
                added[context.REQUEST_ID_KEY] = request_id
                added.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        with (
            bound_contextvars(request_id=request_id),
            tracer().start_as_current_span(method, incoming(headers), trace.SpanKind.SERVER) as span,
        ):
            try:
                app = _refuse_compressed if _is_compressed(method, headers) else self._app
                await app(scope, receive, send_with_headers)
            except ClientDisconnect:
                status = 499
            except Exception:
                _log.exception("request failed", method=method, route=_route(scope))
                if status:
                    raise
                await error_response(internal())(scope, receive, send_with_headers)
            finally:
                route, seconds = _route(scope), time.perf_counter() - started
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.request.method": method, "http.route": route})
                span.set_attribute("http.response.status_code", status)
                http_seconds.labels(method, route, str(status)).observe(seconds)
                log = _log.debug if route in _QUIET_ROUTES else _log.info
                log("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1))


def _is_compressed(method: str, headers: Headers) -> bool:
    """Whether the body is compressed. Such a body is refused: it has no limit of size once unpacked."""
    codings = {coding.strip().lower() for coding in headers.getlist("content-encoding")}
    return method in _WITH_BODY and not codings <= {"", "identity"}


async def _refuse_compressed(scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(
        CallboxError(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed, without the header Content-Encoding.")
    )
    # RFC 9110, 15.5.16: the codings that are accepted.
    response.headers["Accept-Encoding"] = "identity"
    await response(scope, receive, send)


def _route(scope: Scope) -> str:
    """The template of the path. A label must not hold text that a client chose."""
    path: str = scope["path"]
    if path in _QUIET_ROUTES:
        return path
    for folder in _BUILT_FILES:
        if path.startswith(folder):
            return folder + "{file}"
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))
