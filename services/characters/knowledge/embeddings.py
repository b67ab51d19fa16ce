"""Directions of texts from the `embed` model on Triton, over one stream that all requests share."""

import asyncio
import contextlib
import itertools
import struct
from collections.abc import AsyncIterator, Sequence
from typing import Self

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2, service_pb2_grpc

from services.inference.protocol import EMBED_FIRST, EMBED_LATER, EMBED_MODEL
from services.kit import tasks
from services.kit.logs import get_logger

# What may wait to be answered; more than that is refused here.
_MAX_OPEN = 256
# Texts of a document under way at once, so that a question never waits for more than those at Triton.
_DOCUMENT_TEXTS_AT_ONCE = 2
# A stream that was closed and has not ended by then is cancelled after all: that Triton hangs.
_CLOSING_SECONDS = 5.0
_OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
_log = get_logger(__name__)

Direction = NDArray[np.float32]


class ModelAway(Exception):
    """The sentence model did not answer in time, or not at all."""


class Embeddings:
    """A client of the sentence model; `async with` closes it.

    A stream ends by closing its own side and reading what still comes, never by cancelling: tritonserver can die of a
    memory fault when a call is cancelled while a decoupled model answers. So a request that nobody waits for any more
    is left to be answered.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._stream: _Stream | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def one(self, text: str, deadline_seconds: float, priority: int = EMBED_FIRST) -> Direction:
        """The direction of a text: float32 [384] of length 1.

        Raises: ModelAway.
        """
        if self._stream is None or self._stream.broken:
            self._stream = _Stream(self._stub)
            self._closing.add(self._stream.reader)
            self._stream.reader.add_done_callback(self._closing.discard)
        answer = self._stream.ask(text, priority)
        try:
            async with asyncio.timeout(deadline_seconds):
                return await asyncio.shield(answer)
        except TimeoutError:
            raise ModelAway(f"no answer within {deadline_seconds:g} s") from None

    async def many(self, texts: Sequence[str], deadline_seconds: float) -> list[Direction]:
        """The directions of a document's texts. deadline_seconds: for each.

        Raises: ModelAway.
        """
        room = asyncio.Semaphore(_DOCUMENT_TEXTS_AT_ONCE)
        found: dict[int, Direction] = {}

        async def each(at: int, text: str) -> None:
            async with room:
                found[at] = await self.one(text, deadline_seconds, EMBED_LATER)

        asked = [asyncio.create_task(each(at, text), name="embed-text") for at, text in enumerate(texts)]
        try:
            await asyncio.gather(*asked)
        finally:
            await tasks.end(*asked)
        return [found[at] for at in range(len(texts))]

    async def check(self) -> str | None:
        """None when the model answers, else what is wrong."""
        try:
            await self.one("ready?", 1.0)
        except ModelAway as fault:
            return f"the sentence model does not answer ({fault}); check CALLBOX_TRITON_ADDRESS and Triton."
        return None

    async def close(self) -> None:
        """Ends the stream, waits a few seconds at most for what is under way, and closes the channel."""
        if self._stream is not None:
            self._stream.close()
        if self._closing:
            await asyncio.wait(set(self._closing), timeout=2 * _CLOSING_SECONDS)
        await self._channel.close()


class _Stream:
    """One bidirectional stream, and who waits for what of it."""

    def __init__(self, stub: service_pb2_grpc.GRPCInferenceServiceStub) -> None:
        self._requests: asyncio.Queue[service_pb2.ModelInferRequest | None] = asyncio.Queue(_MAX_OPEN + 1)
        self._waiting: dict[str, asyncio.Future[Direction]] = {}
        self._numbers = itertools.count(1)
        self.broken = False
        self._call = stub.ModelStreamInfer(self._sent())
        self.reader = asyncio.create_task(self._read(), name="embeddings")

    def ask(self, text: str, priority: int) -> "asyncio.Future[Direction]":
        """Sends a text. The future may be left alone. Raises: ModelAway when too many wait."""
        if len(self._waiting) >= _MAX_OPEN:
            raise ModelAway(f"{_MAX_OPEN} texts wait already")
        name = str(next(self._numbers))
        data = text.encode()
        request = service_pb2.ModelInferRequest(model_name=EMBED_MODEL, id=name)
        request.inputs.add(name="text", datatype="BYTES", shape=[1, 1])
        request.raw_input_contents.append(struct.pack("<I", len(data)) + data)
        request.parameters["priority"].uint64_param = priority
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        # Nobody may be there to take the fault.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._requests.put_nowait(request)
        return answer

    def close(self) -> None:
        """Ends our side."""
        if self.broken:
            return
        self.broken = True
        self._requests.put_nowait(None)
        overdue = asyncio.get_running_loop().call_later(_CLOSING_SECONDS, self._call.cancel)
        self.reader.add_done_callback(lambda _: overdue.cancel())

    async def _sent(self) -> AsyncIterator[service_pb2.ModelInferRequest]:
        while (request := await self._requests.get()) is not None:
            yield request

    async def _read(self) -> None:
        fault = ModelAway("the stream has ended")
        try:
            async for message in self._call:
                self._take(message)
        except grpc.aio.AioRpcError as error:
            fault = ModelAway(f"{error.code().name}: {error.details()}"[:200])
        except asyncio.CancelledError:
            # gRPC raises this also in the reader of a call that was cancelled, though no task was.
            if not self._call.cancelled():
                raise
        finally:
            self.broken = True
            with contextlib.suppress(asyncio.QueueFull):
                self._requests.put_nowait(None)
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(fault)
            self._waiting.clear()

    def _take(self, message: service_pb2.ModelStreamInferResponse) -> None:
        answer = self._waiting.pop(message.infer_response.id, None)
        if message.error_message:
            _log.warning("the sentence model refused a text", fault=message.error_message[:200])
        if answer is None:
            # A fault without a name: whoever waits gets it, since nothing says whose it is.
            if message.error_message:
                for waiting in self._waiting.values():
                    waiting.set_exception(ModelAway(message.error_message[:200]))
                self._waiting.clear()
            return
        if message.error_message:
            answer.set_exception(ModelAway(message.error_message[:200]))
            return
        response = message.infer_response
        at = [output.name for output in response.outputs].index("embedding")
        answer.set_result(np.frombuffer(response.raw_output_contents[at], np.float32))
