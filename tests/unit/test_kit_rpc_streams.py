"""RPCs that answer with a stream: identity, errors, deadline and drain are those of every other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

import asyncpg
import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import REGISTRY

from services.kit.errors import CallboxError, Code, validation
from services.kit.rpc import context as request
from services.kit.rpc.client import connect, stream
from services.kit.rpc.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.identities import Callers

METHOD = "/test.Count/Up"
Tell = Callable[[str], AsyncGenerator[str, None]]


class Count:
    """A service with one streaming method, which does what the test says. closed: set when its work is cleaned up."""

    def __init__(self, server: Server, channel: grpc.aio.Channel) -> None:
        self.server = server
        self.closed = asyncio.Event()
        self.tell: Tell = self.up
        self._method = channel.unary_stream(METHOD, StringValue.SerializeToString, StringValue.FromString)

    async def up(self, text: str) -> AsyncGenerator[str, None]:
        for number in range(int(text)):
            yield str(number)

    async def for_ever(self, _: str) -> AsyncGenerator[str, None]:
        try:
            yield "begun"
            await asyncio.Event().wait()
        finally:
            self.closed.set()

    async def serve(self, message: StringValue, _: object) -> AsyncIterator[StringValue]:
        async with aclosing(self.tell(message.value)) as told:
            async for text in told:
                yield StringValue(value=text)

    def ask(self, text: str = "3", *, identity: str | None = None, seconds: float = 5.0) -> AsyncGenerator[str, None]:
        return stream(self._method, StringValue(value=text), identity=identity, deadline_seconds=seconds)

    async def all(self, text: str = "3", *, identity: str | None = None, seconds: float = 5.0) -> list[str]:
        return [answer.value async for answer in self.ask(text, identity=identity, seconds=seconds)]  # type: ignore[attr-defined]

    async def refusal(self, *, identity: str | None = None, seconds: float = 5.0) -> CallboxError:
        with pytest.raises(CallboxError) as caught:
            await self.all(identity=identity, seconds=seconds)
        return caught.value


@pytest.fixture
async def count(keys_dir: Path) -> AsyncIterator[Count]:
    server = Server("127.0.0.1:0", keys_dir)
    holder: list[Count] = []

    async def up(message: StringValue, context: object) -> AsyncIterator[StringValue]:
        async for answer in holder[0].serve(message, context):
            yield answer

    handler = grpc.unary_stream_rpc_method_handler(
        up, request_deserializer=StringValue.FromString, response_serializer=StringValue.SerializeToString
    )
    server.grpc.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Count", {"Up": handler}),))
    await server.start(["test.Count"])
    async with connect(f"127.0.0.1:{server.port}") as channel:
        holder.append(Count(server, channel))
        yield holder[0]
    await server.stop(1)


def ended(code: str) -> float:
    labels = {"method": METHOD, "code": code}
    return REGISTRY.get_sample_value("callbox_rpc_server_stream_ends_total", labels) or 0.0


async def test_answers_arrive_in_order(count: Count) -> None:
    before = ended("OK")
    assert await count.all("1000") == [str(number) for number in range(1000)]
    assert ended("OK") == before + 1


async def test_an_error_in_the_middle_arrives_as_it_was_raised(count: Count) -> None:
    raised = validation({"name": ["is required"]})

    async def fail(_: str) -> AsyncGenerator[str, None]:
        yield "one"
        raise raised

    count.tell = fail
    answers = count.ask()
    assert (await anext(answers)).value == "one"  # type: ignore[attr-defined]
    with pytest.raises(CallboxError) as caught:
        await anext(answers)
    assert caught.value == raised


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (RuntimeError("password=hunter2"), Code.INTERNAL),
        (asyncpg.ConnectionDoesNotExistError("gone"), Code.UPSTREAM_UNAVAILABLE),
        (TimeoutError(), Code.UPSTREAM_UNAVAILABLE),
    ],
)
async def test_a_fault_keeps_its_details_to_itself(count: Count, fault: Exception, code: Code) -> None:
    async def fail(_: str) -> AsyncGenerator[str, None]:
        yield "one"
        raise fault

    count.tell = fail
    error = await count.refusal()
    assert error.code is code
    assert "hunter2" not in error.message


async def test_who_asks_is_known_to_the_end(count: Count, callers: Callers) -> None:
    async def who(_: str) -> AsyncGenerator[str, None]:
        for _number in range(2):
            yield str(request.current_user().user_id)
            await asyncio.sleep(0)

    count.tell = who
    assert await count.all(identity=callers.user(7)) == ["7", "7"]
    assert (await count.refusal()).code is Code.NOT_AUTHENTICATED
    assert (await count.refusal(identity="rubbish")).code is Code.NOT_AUTHENTICATED


async def test_a_stream_ends_at_its_deadline_on_both_sides(count: Count) -> None:
    count.tell = count.for_ever
    assert (await count.refusal(seconds=0.3)).code is Code.UPSTREAM_UNAVAILABLE
    await asyncio.wait_for(count.closed.wait(), 2)


async def test_who_stops_reading_ends_the_work(count: Count) -> None:
    count.tell = count.for_ever
    async with aclosing(count.ask()) as answers:
        await anext(answers)
    await asyncio.wait_for(count.closed.wait(), 2)


async def test_a_stop_during_the_first_write_ends_the_stream(count: Count) -> None:
    """The client got no word of it and waited until its deadline."""

    async def one(_: str) -> AsyncGenerator[str, None]:
        asyncio.get_running_loop().call_soon(count.server._interceptor.end_streams)
        yield "first"
        await asyncio.Event().wait()

    count.tell = one
    answers = count.ask()
    await anext(answers)
    with pytest.raises(CallboxError) as caught:
        await anext(answers)
    assert caught.value.message == "The time of this stream is over; ask again."


async def test_a_stop_ends_streams_at_once_though_others_get_their_time(count: Count) -> None:
    count.tell = count.for_ever
    answers = count.ask()
    await anext(answers)
    began = asyncio.get_running_loop().time()
    stopping = asyncio.create_task(count.server.stop(30))
    with pytest.raises(CallboxError) as caught:
        await anext(answers)
    assert caught.value.code is Code.UPSTREAM_UNAVAILABLE
    assert caught.value.retry_after_seconds
    await stopping
    assert asyncio.get_running_loop().time() - began < 3
