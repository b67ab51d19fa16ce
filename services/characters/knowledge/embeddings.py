"""Embeddings of texts from the `embed` model on Triton, over one gRPC stream that all requests share."""

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
from services.kit.rpc.channel_options import ALIVE, RECONNECT

# Requests that wait for an answer. More are refused.
_MAX_OPEN = 256
# Texts of a document under way at once: a question waits for no more than those at Triton.
_DOCUMENT_TEXTS_AT_ONCE = 2
# A closed stream that has not ended by then is cancelled after all, since its Triton hangs.
_CLOSING_SECONDS = 5.0
_log = get_logger(__name__)

# float32 [384] of length 1.
Embedding = NDArray[np.float32]


class EmbeddingUnavailable(Exception):
    """The model did not answer in time, or not at all."""


class EmbeddingClient:
    """A client of the `embed` model; `async with` closes it.

    A stream is never cancelled: tritonserver can crash when a call is cancelled while a decoupled model answers. Our
    side is closed and the remaining answers are read. So a request that nobody waits for any more is still answered.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=(*ALIVE, *RECONNECT))
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._stream: _Stream | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def embed(self, text: str, deadline_seconds: float, priority: int = EMBED_FIRST) -> Embedding:
        """The embedding of a text.

        Raises: EmbeddingUnavailable.
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
            raise EmbeddingUnavailable(f"no answer within {deadline_seconds:g} s") from None

    async def embed_all(self, texts: Sequence[str], deadline_seconds: float) -> list[Embedding]:
        """The embeddings of a document's texts. deadline_seconds: for each.

        Raises: EmbeddingUnavailable.
        """
        slots = asyncio.Semaphore(_DOCUMENT_TEXTS_AT_ONCE)
        found: dict[int, Embedding] = {}

        async def embed_one(index: int, text: str) -> None:
            async with slots:
                found[index] = await self.embed(text, deadline_seconds, EMBED_LATER)

        requests = [asyncio.create_task(embed_one(index, text), name="embed-text") for index, text in enumerate(texts)]
        try:
            await asyncio.gather(*requests)
        finally:
            await tasks.end(*requests)
        return [found[index] for index in range(len(texts))]

    async def check(self) -> str | None:
        """None when the model answers, else what is wrong."""
        try:
            await self.embed("ready?", 1.0)
        except EmbeddingUnavailable as fault:
            return f"the sentence model does not answer ({fault}); check CALLBOX_TRITON_ADDRESS and Triton."
        return None

    async def close(self) -> None:
        """Ends the stream, waits a few seconds at most for answers under way, and closes the channel."""
        if self._stream is not None:
            self._stream.close()
        if self._closing:
            await asyncio.wait(set(self._closing), timeout=2 * _CLOSING_SECONDS)
        await self._channel.close()


class _Stream:
    """One bidirectional stream and the requests that wait for its answers."""

    def __init__(self, stub: service_pb2_grpc.GRPCInferenceServiceStub) -> None:
        self._requests: asyncio.Queue[service_pb2.ModelInferRequest | None] = asyncio.Queue(_MAX_OPEN + 1)
        self._waiting: dict[str, asyncio.Future[Embedding]] = {}
        self._numbers = itertools.count(1)
        self.broken = False
        self._call = stub.ModelStreamInfer(self._sent())
        self.reader = asyncio.create_task(self._read(), name="embeddings")

    def ask(self, text: str, priority: int) -> "asyncio.Future[Embedding]":
        """Sends a text. The caller may drop the future. Raises: EmbeddingUnavailable when too many requests wait."""
        if len(self._waiting) >= _MAX_OPEN:
            raise EmbeddingUnavailable(f"{_MAX_OPEN} texts wait already")
        name = str(next(self._numbers))
        data = text.encode()
        request = service_pb2.ModelInferRequest(model_name=EMBED_MODEL, id=name)
        request.inputs.add(name="text", datatype="BYTES", shape=[1, 1])
        request.raw_input_contents.append(struct.pack("<I", len(data)) + data)
        request.parameters["priority"].uint64_param = priority
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        # Without this a dropped future logs its fault.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._requests.put_nowait(request)
        return answer

    def close(self) -> None:
        """Closes our side."""
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
        fault = EmbeddingUnavailable("the stream has ended")
        try:
            async for message in self._call:
                self._take(message)
        except grpc.aio.AioRpcError as error:
            fault = EmbeddingUnavailable(f"{error.code().name}: {error.details()}"[:200])
        except asyncio.CancelledError:
            # gRPC also raises this when the call was cancelled and no task was.
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
            # A fault without an id may belong to any request, so all of them get it.
            if message.error_message:
                for waiting in self._waiting.values():
                    waiting.set_exception(EmbeddingUnavailable(message.error_message[:200]))
                self._waiting.clear()
            return
        if message.error_message:
            answer.set_exception(EmbeddingUnavailable(message.error_message[:200]))
            return
        response = message.infer_response
        index = [output.name for output in response.outputs].index("embedding")
        answer.set_result(np.frombuffer(response.raw_output_contents[index], np.float32))
