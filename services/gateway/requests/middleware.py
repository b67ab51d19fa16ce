"""What happens round every request: its id, deadline, trace, log line, time, and the answer to what nobody expected."""

import time

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.answers.errors import answer
from services.kit.errors import CallboxError, Code, internal
from services.kit.logs import bound_contextvars, get_logger
from services.kit.metrics import http_seconds
from services.kit.rpc import context
from services.kit.tracing import incoming, tracer

# Time that the services behind get for one request; a route may ask for less.
_REQUEST_SECONDS = 5.0
_SLASHED = ("/api/", "/try/")
_NO_ROUTE = "none"
_ASSETS = "/widget/assets/"
_QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_log = get_logger(__name__)


class RequestMiddleware:
    """Serves both slash forms of a path alike, and gives every answer its `X-Request-Id`."""

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

        async def tell(message: Message) -> None:
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
                await (_refuse_compressed if _is_compressed(method, headers) else self._app)(scope, receive, tell)
            except ClientDisconnect:
                status = 499
            except Exception:
                _log.exception("request failed", method=method, route=_route(scope))
                if status:
                    raise
                await answer(internal())(scope, receive, tell)
            finally:
                route, seconds = _route(scope), time.perf_counter() - started
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.request.method": method, "http.route": route})
                span.set_attribute("http.response.status_code", status)
                http_seconds.labels(method, route, str(status)).observe(seconds)
                say = _log.debug if route in _QUIET_ROUTES else _log.info
                say("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1))


def _is_compressed(method: str, headers: Headers) -> bool:
    """Whether a body comes in another form than its own; what it would unpack to has no limit."""
    codings = {coding.strip().lower() for coding in headers.getlist("content-encoding")}
    return method in _WITH_BODY and not codings <= {"", "identity"}


async def _refuse_compressed(scope: Scope, receive: Receive, send: Send) -> None:
    response = answer(
        CallboxError(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed, without the header Content-Encoding.")
    )
    # RFC 9110, 15.5.16: which codings would be taken.
    response.headers["Accept-Encoding"] = "identity"
    await response(scope, receive, send)


def _route(scope: Scope) -> str:
    """The template of the path, so that a label holds nothing that a client made up."""
    path: str = scope["path"]
    if path in _QUIET_ROUTES:
        return path
    if path.startswith(_ASSETS):
        return _ASSETS + "{file}"
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))
