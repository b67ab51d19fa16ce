"""A gRPC server: who asks is verified, errors are rich, health is told, SIGTERM drains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry import trace

from services.kit import context as request
from services.kit.database import is_outage
from services.kit.errors import CallboxError, Code, abort, internal, outage
from services.kit.identity import Verifier
from services.kit.logs import bound_contextvars, get_logger
from services.kit.metrics import rpc_seconds
from services.kit.tracing import incoming, tracer

_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
)
# An RPC without a deadline gets this one, so that nothing waits for ever on our side.
_DEFAULT_DEADLINE_SECONDS = 10.0
# Requests that are cancelled at the end of the drain are gone well within this time.
_STOP_SECONDS = 3.0
_BEARER = "bearer "

_log = get_logger(__name__)

Handler = Callable[[Any, grpc.aio.ServicerContext[Any, Any]], Awaitable[Any]]


class RequestInterceptor(grpc.aio.ServerInterceptor):
    """Puts identity, request id, trace and deadline in the context, and maps every exception to a rich status."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wraps handlers that answer once, to one message or to several; the health service passes as it is."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or handler.response_streaming or method.startswith("/grpc.health."):
            return handler
        inner = cast(Handler, handler.stream_unary if handler.request_streaming else handler.unary_unary)

        async def call(message: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            started = time.perf_counter()
            code = "OK"
            headers = {key: str(value) for key, value in context.invocation_metadata() or ()}
            with (
                bound_contextvars(request_id=self._enter(headers, context)),
                tracer().start_as_current_span(method, incoming(headers), trace.SpanKind.SERVER),
            ):
                try:
                    authorization = headers.get(request.AUTHORIZATION_KEY, "")
                    if authorization[: len(_BEARER)].lower() == _BEARER:
                        token = authorization[len(_BEARER) :]
                        request.set_identity(self._verifier.verify(token), token)
                    else:
                        request.set_identity(None)
                    async with asyncio.timeout(request.remaining_seconds(_DEFAULT_DEADLINE_SECONDS)):
                        return await inner(message, context)
                except CallboxError as error:
                    code = error.grpc_status.name
                    if error.code is Code.INTERNAL:
                        _log.error("request failed", method=method, message=error.message)
                    await abort(context, error)
                except grpc.aio.AbortError:
                    code = "ABORTED_BY_HANDLER"
                    raise
                except Exception as fault:
                    answer = outage() if is_outage(fault) else internal()
                    code = answer.grpc_status.name
                    if answer.code is Code.INTERNAL:
                        _log.exception("request failed", method=method)
                    else:
                        _log.warning("a part could not be reached", method=method, fault=repr(fault)[:200])
                    await abort(context, answer)
                finally:
                    rpc_seconds.labels(method, code).observe(time.perf_counter() - started)

        wrap = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        return wrap(
            call, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )

    @staticmethod
    def _enter(headers: dict[str, str], context: grpc.aio.ServicerContext[Any, Any]) -> str:
        request_id = request.sane_request_id(headers.get(request.REQUEST_ID_KEY))
        request.request_id.set(request_id)
        left = context.time_remaining()
        request.set_deadline(_DEFAULT_DEADLINE_SECONDS if left is None else left)
        return request_id


class Server:
    """One gRPC server with `grpc.health.v1`; start it, and stop it with the time that open requests get."""

    def __init__(self, listen: str, keys_dir: Path) -> None:
        self._server = grpc.aio.server(interceptors=[RequestInterceptor(Verifier(keys_dir))], options=_OPTIONS)
        self._listen = listen
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.port = 0

    @property
    def grpc(self) -> grpc.aio.Server:
        """The server that servicers are added to."""
        return self._server

    async def start(self, services: Sequence[str]) -> None:
        """Binds, serves, and reports these fully named services and the whole as healthy.

        Raises: OSError when the address is taken.
        """
        try:
            self.port = self._server.add_insecure_port(self._listen)
        except RuntimeError as fault:
            raise OSError(f"Cannot listen on {self._listen}; set CALLBOX_LISTEN to a free address.") from fault
        await self._server.start()
        for name in ("", *services):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, drain_seconds: float) -> None:
        """Turns unhealthy, takes nothing new and gives open requests `drain_seconds`."""
        await self._health.enter_graceful_shutdown()
        try:
            async with asyncio.timeout(drain_seconds + _STOP_SECONDS):
                await self._server.stop(drain_seconds)
        except TimeoutError:
            _log.warning("the gRPC server did not end in time", seconds=drain_seconds + _STOP_SECONDS)
