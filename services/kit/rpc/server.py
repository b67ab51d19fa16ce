"""A gRPC server that verifies identities, sends rich error statuses, reports its health and drains."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry import trace

from services.kit.database import is_outage
from services.kit.errors import CallboxError, Code, abort, internal, outage
from services.kit.identity import SERVICES_AUDIENCE, Verifier
from services.kit.logs import bound_contextvars, get_logger
from services.kit.metrics import rpc_seconds, rpc_stream_ends, rpc_streams
from services.kit.rpc import context as request
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
# Deadline of an RPC that came without one.
_DEFAULT_DEADLINE_SECONDS = 10.0
# The same for an RPC that answers with a stream; a stream may pause for long.
_DEFAULT_STREAM_SECONDS = 3600.0
# Time for requests that are cancelled at the end of the drain.
_STOP_SECONDS = 3.0
_BEARER = "bearer "
# Time for a refused client to finish writing its request.
_DRAIN_SECONDS = 1.0

_log = get_logger(__name__)


class _Unreadable:
    """Stands for a message that could not be parsed."""


Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[Any, Context], Awaitable[Any]]
StreamHandler = Callable[[Any, Context], AsyncGenerator[Any, None]]


class RequestInterceptor(grpc.aio.ServerInterceptor):
    """Sets identity, request id, trace and deadline of a request, and maps exceptions to rich statuses."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._streams: set[asyncio.Timeout] = set()
        self._draining = False

    def end_streams(self) -> None:
        """Ends all streams as unavailable, so that clients reconnect to another process; new streams end at once."""
        self._draining = True
        for limit in self._streams:
            limit.reschedule(asyncio.get_running_loop().time())

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wraps unary and streaming handlers, apart from those of the health service."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith("/grpc.health."):
            return handler
        if handler.unary_unary is not None or handler.stream_unary is not None:
            answer = cast(Handler, handler.stream_unary if handler.request_streaming else handler.unary_unary)
            wrap = (
                grpc.stream_unary_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )

            async def call(message: Any, context: Context) -> Any:
                started = time.perf_counter()

                def told(code: str) -> None:
                    rpc_seconds.labels(method, code).observe(time.perf_counter() - started)

                async def work() -> Any:
                    given = _readable(message) if handler.request_streaming else message
                    _check_readable(given)
                    async with asyncio.timeout(request.remaining_seconds(_DEFAULT_DEADLINE_SECONDS)):
                        return await answer(given, context)

                rest = message if handler.request_streaming else None
                return await self._serve(method, context, _DEFAULT_DEADLINE_SECONDS, work, told, rest)

            return wrap(
                call,
                request_deserializer=_tolerant(handler.request_deserializer),
                response_serializer=handler.response_serializer,
            )
        if handler.unary_stream is not None:
            answers = cast(StreamHandler, handler.unary_stream)

            async def pour(message: Any, context: Context) -> None:
                def told(code: str) -> None:
                    rpc_stream_ends.labels(method, code).inc()

                async def work() -> None:
                    _check_readable(message)
                    await self._pour(answers(message, context), context)

                with rpc_streams.labels(method).track_inprogress():
                    await self._serve(method, context, _DEFAULT_STREAM_SECONDS, work, told)

            return grpc.unary_stream_rpc_method_handler(
                # gRPC accepts a coroutine that calls `context.write` as a streaming handler.
                pour,
                request_deserializer=_tolerant(handler.request_deserializer),
                response_serializer=handler.response_serializer,
            )
        return handler

    async def _pour(self, answers: AsyncGenerator[Any, None], context: Context) -> None:
        """Writes a stream until it ends, its deadline passes or the server drains."""
        limit = asyncio.timeout(request.remaining_seconds(_DEFAULT_STREAM_SECONDS))
        try:
            async with limit:
                self._streams.add(limit)
                if self._draining:
                    limit.reschedule(0)
                # Close the generator at once, so that its resources do not wait for the garbage collector.
                async with aclosing(answers):
                    async for one in answers:
                        await _write(one, context)
        except TimeoutError as fault:
            if not limit.expired():
                raise
            raise CallboxError(
                Code.UPSTREAM_UNAVAILABLE, "The time of this stream is over; ask again.", retry_after_seconds=1
            ) from fault
        finally:
            self._streams.discard(limit)

    async def _serve(
        self,
        method: str,
        context: Context,
        deadline_seconds: float,
        work: Callable[[], Awaitable[Any]],
        told: Callable[[str], None],
        rest: AsyncIterator[Any] | None = None,
    ) -> Any:
        """Runs the handler of one RPC.

        told: called with the name of the final status. rest: request messages that were not read yet.
        """
        code = "OK"
        headers = {key: str(value) for key, value in context.invocation_metadata() or ()}
        with (
            bound_contextvars(request_id=self._enter(headers, context, deadline_seconds)),
            # A refusal is a normal answer, not an exception of the span; unexpected exceptions are logged.
            tracer().start_as_current_span(method, incoming(headers), trace.SpanKind.SERVER, record_exception=False),
        ):
            try:
                authorization = headers.get(request.AUTHORIZATION_KEY, "")
                if authorization[: len(_BEARER)].lower() == _BEARER:
                    token = authorization[len(_BEARER) :]
                    request.set_identity(self._verifier.verify(token), token)
                else:
                    request.set_identity(None)
                return await work()
            except CallboxError as error:
                code = error.grpc_status.name
                if error.code is Code.INTERNAL:
                    _log.error("request failed", method=method, message=error.message)
                await _drain(rest)
                await abort(context, error)
            except grpc.aio.AbortError:
                code = "ABORTED_BY_HANDLER"
                raise
            except asyncio.CancelledError:
                code = "CANCELLED"
                raise
            except Exception as fault:
                answer = outage() if is_outage(fault) else internal()
                code = answer.grpc_status.name
                if answer.code is Code.INTERNAL:
                    _log.exception("request failed", method=method)
                else:
                    _log.warning("a dependency could not be reached", method=method, fault=repr(fault)[:200])
                await _drain(rest)
                await abort(context, answer)
            finally:
                told(code)

    @staticmethod
    def _enter(headers: dict[str, str], context: Context, deadline_seconds: float) -> str:
        request_id = request.sane_request_id(headers.get(request.REQUEST_ID_KEY))
        request.request_id.set(request_id)
        left = context.time_remaining()
        request.set_deadline(deadline_seconds if left is None else left)
        return request_id


async def _write(message: Any, context: Context) -> None:
    """Writes a message to its end, also when the stream is told to end.

    After a first write that was cut off, gRPC would send the initial metadata twice, which fails, and no status.
    """
    writing = asyncio.ensure_future(context.write(message))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        _, unfinished = await asyncio.wait([writing], timeout=_STOP_SECONDS)
        if unfinished:
            writing.cancel()
        elif not writing.cancelled():
            writing.exception()  # the client is gone
        raise


def _tolerant(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """Passes on a message that cannot be parsed; gRPC itself would answer with INTERNAL."""
    if deserialize is None:
        return None

    def read(body: bytes) -> Any:
        try:
            return deserialize(body)
        except DecodeError:
            return _Unreadable()

    return read


def _check_readable(message: Any) -> None:
    if isinstance(message, _Unreadable):
        raise CallboxError(Code.INVALID_REQUEST, "This is not the message that the RPC takes; check both versions.")


async def _drain(rest: AsyncIterator[Any] | None) -> None:
    # A client that is refused while it still writes may see a broken stream instead of the reason.
    if rest is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for _ in rest:
                    pass


async def _readable(messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        _check_readable(message)
        yield message


class Server:
    """A gRPC server with the health service `grpc.health.v1`. audience: of the identity tokens that it accepts."""

    def __init__(self, listen: str, keys_dir: Path, audience: str = SERVICES_AUDIENCE) -> None:
        self._interceptor = RequestInterceptor(Verifier(keys_dir, audience))
        self._server = grpc.aio.server(interceptors=[self._interceptor], options=_OPTIONS)
        self._listen = listen
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.port = 0

    @property
    def grpc(self) -> grpc.aio.Server:
        """The server that servicers are added to."""
        return self._server

    async def start(self, services: Sequence[str]) -> None:
        """Listens, serves, and reports the server and these services (full names) as healthy.

        Raises: OSError if the address is taken.
        """
        try:
            self.port = self._server.add_insecure_port(self._listen)
        except RuntimeError as fault:
            raise OSError(f"Cannot listen on {self._listen}; set CALLBOX_LISTEN to a free address.") from fault
        await self._server.start()
        for name in ("", *services):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, drain_seconds: float) -> None:
        """Reports unhealthy, accepts no new requests, ends streams and waits `drain_seconds` for open requests."""
        await self._health.enter_graceful_shutdown()
        self._interceptor.end_streams()
        try:
            async with asyncio.timeout(drain_seconds + _STOP_SECONDS):
                await self._server.stop(drain_seconds)
        except TimeoutError:
            _log.warning("the gRPC server did not stop in time", seconds=drain_seconds + _STOP_SECONDS)
