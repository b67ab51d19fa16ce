"""Errors, identity, request id and deadline on their way through a real gRPC server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncpg
import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit.errors import CallboxError, Code, validation
from services.kit.rpc import context as request
from services.kit.rpc.client import call, connect
from services.kit.rpc.server import Server
from tests.fixtures.tcp import tcp_server
from tests.fixtures.watchdog import Watchdog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.identities import Callers

Handle = Callable[[str], Awaitable[str]]


class Echo:
    """A service with one method, which does what the test says."""

    def __init__(self, server: Server, channel: grpc.aio.Channel) -> None:
        self.server = server
        self.channel = channel
        self.handle: Handle = self._same
        self._method = channel.unary_unary(
            "/test.Echo/Say",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )

    @staticmethod
    async def _same(text: str) -> str:
        return text

    async def serve(self, message: StringValue, context: object) -> StringValue:
        return StringValue(value=await self.handle(message.value))

    async def say(self, text: str = "x", *, identity: str | None = None, deadline_seconds: float = 5.0) -> str:
        answer = await call(self._method, StringValue(value=text), identity=identity, deadline_seconds=deadline_seconds)
        return answer.value

    async def refusal(self, deadline_seconds: float = 5.0, identity: str | None = None) -> CallboxError:
        with pytest.raises(CallboxError) as caught:
            await self.say(deadline_seconds=deadline_seconds, identity=identity)
        return caught.value

    def fails_with(self, fault: BaseException) -> None:
        async def fail(_: str) -> str:
            raise fault

        self.handle = fail


@pytest.fixture
async def echo(keys_dir: Path) -> AsyncIterator[Echo]:
    server = Server("127.0.0.1:0", keys_dir)
    holder: list[Echo] = []

    async def say(message: StringValue, context: object) -> StringValue:
        return await holder[0].serve(message, context)

    handler = grpc.unary_unary_rpc_method_handler(
        say, request_deserializer=StringValue.FromString, response_serializer=StringValue.SerializeToString
    )
    server.grpc.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Say": handler}),))
    await server.start(["test.Echo"])
    async with connect(f"127.0.0.1:{server.port}") as channel:
        holder.append(Echo(server, channel))
        yield holder[0]
    await server.stop(1)


@pytest.mark.parametrize("code", list(Code))
async def test_every_error_arrives_as_it_was_raised(echo: Echo, code: Code) -> None:
    raised = CallboxError(code, "Do this next: grüß Gott; ja, wirklich.", {"a.0.b": ["one", "two"], "c": ["three"]}, 7)
    echo.fails_with(raised)
    assert await echo.refusal() == raised


async def test_a_message_that_is_too_large_for_grpc_is_refused_in_our_words(echo: Echo, watchdog: Watchdog) -> None:
    """Not as a rate limit, which would be tried again for ever."""

    async def much(_: str) -> str:
        return "x" * (65 * 1024 * 1024)

    with pytest.raises(CallboxError) as sent:
        await echo.say("x" * (5 * 1024 * 1024))
    echo.handle = much
    for error in (sent.value, await echo.refusal()):
        assert error.code is Code.PAYLOAD_TOO_LARGE
        assert "larger than max" not in error.message
    # The test's own handler makes 65 MB at once.
    watchdog.take()


async def test_an_error_without_details_arrives_without_them(echo: Echo) -> None:
    echo.fails_with(validation({"name": ["is required"]}))
    error = await echo.refusal()
    assert (error.message, error.fields) == ("name: is required", {"name": ["is required"]})
    assert error.retry_after_seconds is None


async def test_an_unforeseen_fault_is_internal_and_keeps_its_details_to_itself(echo: Echo) -> None:
    for fault in (RuntimeError("password=hunter2"), FileNotFoundError("/etc/secret"), KeyError("x")):
        echo.fails_with(fault)
        error = await echo.refusal()
        assert error.code is Code.INTERNAL
        assert "hunter2" not in error.message
        assert "secret" not in error.message


@pytest.mark.parametrize(
    "fault",
    [
        ConnectionRefusedError(111, "refused"),
        ConnectionResetError(104, "reset"),
        OSError("Multiple exceptions: refused, refused"),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
    ],
)
async def test_a_part_that_is_away_or_full_says_try_again(echo: Echo, fault: Exception) -> None:
    echo.fails_with(fault)
    error = await echo.refusal()
    assert error.code is Code.UPSTREAM_UNAVAILABLE
    assert error.retry_after_seconds in (1, 2)


async def test_what_is_no_message_is_refused(echo: Echo) -> None:
    raw: Any = echo.channel.unary_unary("/test.Echo/Say")
    for body in (b"\xff" * 10, b"\x0a\x7f", b"\x0a\x01\xff"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await raw(body, timeout=5)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_server_that_is_not_there_says_try_again() -> None:
    async with connect("127.0.0.1:1") as channel:
        method = channel.unary_unary("/test.Echo/Say", StringValue.SerializeToString, StringValue.FromString)
        with pytest.raises(CallboxError) as caught:
            await call(method, StringValue(), deadline_seconds=1)
    assert caught.value.code is Code.UPSTREAM_UNAVAILABLE


async def test_a_server_far_away_is_reached(echo: Echo) -> None:
    """A connection that took over 0.1 s was given up, and each of the next, since they all take as long."""

    async def relay(from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", echo.server.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_carry(from_client, to_server))
                await asyncio.sleep(0.6)
                both.create_task(_carry(from_server, to_client))
        finally:
            to_server.close()
            await to_server.wait_closed()

    async with tcp_server(relay) as port, connect(f"127.0.0.1:{port}") as channel:
        assert await Echo(echo.server, channel).say() == "x"


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
    target.close()


async def test_a_slow_server_ends_at_the_deadline_on_both_sides(echo: Echo) -> None:
    ended = asyncio.Event()

    async def sleep(_: str) -> str:
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()
        return ""

    echo.handle = sleep
    error = await echo.refusal(deadline_seconds=0.2)
    assert error.code is Code.UPSTREAM_UNAVAILABLE
    await asyncio.wait_for(ended.wait(), 2)


async def test_a_deadline_is_carried_on_to_the_next_call(echo: Echo) -> None:
    left: list[float] = []

    async def look(text: str) -> str:
        left.append(request.remaining_seconds(100))
        return await echo.say("inner") if text == "x" else ""

    echo.handle = look
    await echo.say(deadline_seconds=0.9)
    # gRPC rounds a deadline up, and errs while it converts it from one clock to another if the process is interrupted.
    assert 0 < left[0] < 1
    assert 0 < left[1] < left[0] + 0.1


async def test_identity_and_request_id_are_carried_on(echo: Echo, callers: Callers) -> None:
    seen: list[tuple[str, int]] = []

    async def look(text: str) -> str:
        seen.append((request.request_id.get(), request.current_user().user_id))
        return await echo.say("inner") if text == "x" else ""

    echo.handle = look
    token = request.request_id.set("req-42")
    await echo.say(identity=callers.user(7))
    request.request_id.reset(token)
    assert seen == [("req-42", 7), ("req-42", 7)]


async def test_nobody_is_believed_without_a_good_token(echo: Echo, callers: Callers) -> None:
    async def who(_: str) -> str:
        return str(request.current_identity())

    echo.handle = who
    assert (await echo.refusal()).code is Code.NOT_AUTHENTICATED
    assert (await echo.refusal(identity="rubbish")).code is Code.NOT_AUTHENTICATED
    assert "ten_one" in await echo.say(identity=callers.user())
    assert (await echo.refusal()).code is Code.NOT_AUTHENTICATED


async def test_what_needs_a_user_or_a_service_refuses_others(echo: Echo, callers: Callers) -> None:
    async def user_only(_: str) -> str:
        return str(request.current_user().user_id)

    async def service_only(_: str) -> str:
        request.require_service("sessions", "agent")
        return "ok"

    echo.handle = user_only
    for token in (callers.visitor(), callers.service("sessions")):
        assert (await echo.refusal(identity=token)).code is Code.NOT_AUTHENTICATED
    echo.handle = service_only
    assert await echo.say(identity=callers.service("agent")) == "ok"
    for token in (callers.visitor(), callers.user(), callers.service("gateway")):
        assert (await echo.refusal(identity=token)).code is Code.PERMISSION_DENIED


async def test_health_is_told_and_stopping_lets_open_requests_end(echo: Echo) -> None:
    health = health_pb2_grpc.HealthStub(echo.channel)
    answer = await health.Check(health_pb2.HealthCheckRequest(service="test.Echo"), timeout=5)  # type: ignore[attr-defined]
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(text: str) -> str:
        begun.set()
        await go_on.wait()
        return text

    echo.handle = wait
    open_request = asyncio.create_task(echo.say("done"))
    await begun.wait()
    stopping = asyncio.create_task(echo.server.stop(5))
    await asyncio.sleep(0.05)
    go_on.set()
    assert await open_request == "done"
    await stopping


async def test_a_taken_address_is_named(echo: Echo, keys_dir: Path) -> None:
    other = Server(f"127.0.0.1:{echo.server.port}", keys_dir)
    with pytest.raises(OSError, match="CALLBOX_LISTEN"):
        await other.start([])


def test_the_http_body_of_an_error() -> None:
    error = CallboxError(Code.RATE_LIMITED, "Wait a moment.", retry_after_seconds=3)
    assert error.http_status == 429
    assert error.headers() == {"Retry-After": "3"}
    assert error.body("req_1") == {
        "success": False,
        "message": "Wait a moment.",
        "data": None,
        "errors": {},
        "code": "rate_limited",
        "request_id": "req_1",
    }
