"""Streams to Triton: one HTTP/2 channel a call, one bidirectional stream a model.

Spoken through Triton's own stubs, since tritonclient's asyncio stream refuses the parameter that asks a decoupled model
for its closing response.
"""

import asyncio
import contextlib
import itertools
import secrets
import struct
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
from livekit.agents.utils.aio.channel import Chan, ChanClosed, ChanFull
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2, service_pb2_grpc

# Requests that wait to be sent. A full queue means that Triton has stopped reading; the stream is given up as broken.
_MAX_WAITING_REQUESTS = 256
# Replies that wait to be read; a clause has a few, audio one a packet.
_MAX_UNREAD_REPLIES = 1024
# A closed stream that Triton has not ended by then is cancelled after all: that Triton hangs.
_CLOSING_SECONDS = 5.0
_DTYPES = {"FP32": np.float32, "INT32": np.int32, "INT16": np.int16}
_DATATYPES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)

# An input of a model: name → values of one type, or a text.
Inputs = Mapping[str, NDArray[Any] | str]


class TritonError(Exception):
    """The stream broke, or Triton refused a request; the message is Triton's."""


@dataclass(frozen=True)
class Reply:
    """One response of a model, its numbers flat. A decoupled model's closing response has no arrays and texts."""

    request_id: str
    arrays: Mapping[str, NDArray[Any]]
    texts: Mapping[str, str]
    final: bool


class Triton:
    """A client of one endpoint; `close` it when the call ends."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._streams: set[ModelStream] = set()

    def stream(self, model: str, *, sequence: bool = False) -> "ModelStream":
        """A new stream to a model; with `sequence`, all its requests are one sequence."""
        stream = ModelStream(self._stub, model, secrets.randbits(62) + 1 if sequence else 0)
        self._streams.add(stream)
        stream.reader.add_done_callback(lambda _: self._streams.discard(stream))
        return stream

    async def close(self) -> None:
        """Ends all streams, waits a few seconds at most for what is still under way, and closes the channel."""
        readers = [stream.reader for stream in self._streams]
        for stream in list(self._streams):
            stream.close()
        if readers:
            await asyncio.wait(readers)
        await self._channel.close()


class ModelStream:
    """Requests to one model and their replies, in both directions at once.

    A stream ends by closing its own side and reading what still comes, never by cancelling: tritonserver can die of a
    memory fault when a gRPC call is cancelled while a decoupled model answers, and every other call dies with it.

    reader: ends when Triton has ended the stream. A task of its own, since grpc.aio cancels a call whose reader is
    cancelled.
    """

    def __init__(self, stub: service_pb2_grpc.GRPCInferenceServiceStub, model: str, sequence_id: int) -> None:
        self._model = model
        self._sequence_id = sequence_id
        self._requests = Chan[service_pb2.ModelInferRequest](_MAX_WAITING_REQUESTS)
        self._replies = Chan[Reply](_MAX_UNREAD_REPLIES)
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._fault = TritonError(f"the stream to {model} is closed")
        self._call = stub.ModelStreamInfer(self._requests)
        self.reader = asyncio.create_task(self._read(), name=f"{model}-replies")

    def send(self, inputs: Inputs) -> str:
        """Queues a request and returns its id, which no other request has.

        Raises: TritonError when the stream is closed or Triton has stopped reading.
        """
        return self._send(inputs, last=False)

    def _send(self, inputs: Inputs, last: bool) -> str:
        number = next(self._numbers)
        request = service_pb2.ModelInferRequest(model_name=self._model, id=f"{self._name}-{number}")
        for name, values in inputs.items():
            data, datatype, size = _packed(values)
            request.inputs.add(name=name, datatype=datatype, shape=[1, size])
            request.raw_input_contents.append(data)
        request.parameters["triton_enable_empty_final_response"].bool_param = True
        if self._sequence_id:
            request.parameters["sequence_id"].int64_param = self._sequence_id
            request.parameters["sequence_start"].bool_param = number == 1
            request.parameters["sequence_end"].bool_param = last
        try:
            self._requests.send_nowait(request)
        except ChanFull:
            raise TritonError(f"{self._model} takes no more requests") from None
        except ChanClosed:
            raise self._fault from None
        return str(request.id)

    async def replies(self) -> AsyncIterator[Reply]:
        """Replies as they come, until the stream ends.

        Raises: TritonError when the stream is closed or broken, or a request was refused.
        """
        async for reply in self._replies:
            yield reply
        raise self._fault

    def close(self, last: Inputs | None = None) -> None:
        """Ends the stream; answers that still come are thrown away.

        last: a request that tells the model to stop its work for this stream; it ends a sequence.
        """
        if self._requests.closed:
            return
        if last is not None:
            with contextlib.suppress(TritonError):
                self._send(last, last=True)
        self._requests.close()
        self._replies.close()
        overdue = asyncio.get_running_loop().call_later(_CLOSING_SECONDS, self._call.cancel)
        self.reader.add_done_callback(lambda _: overdue.cancel())

    async def _read(self) -> None:
        try:
            async for message in self._call:
                self._take(message)
        except grpc.aio.AioRpcError as fault:
            self._fault = TritonError(f"{fault.code().name}: {fault.details()}"[:300])
        except asyncio.CancelledError:
            # gRPC raises this also in the reader of a call that was cancelled, though no task was.
            if not self._call.cancelled():
                raise
        finally:
            self._requests.close()
            self._replies.close()

    def _take(self, message: service_pb2.ModelStreamInferResponse) -> None:
        if self._replies.closed:
            return
        if message.error_message:
            self._fault = TritonError(message.error_message)
            self._replies.close()
            return
        response = message.infer_response
        arrays, texts = _unpacked(zip(response.outputs, response.raw_output_contents, strict=False))
        try:
            self._replies.send_nowait(
                Reply(response.id, arrays, texts, response.parameters["triton_final_response"].bool_param)
            )
        except ChanFull:
            self._fault = TritonError(f"nobody reads what {self._model} answers")
            self.close()


def _packed(values: NDArray[Any] | str) -> tuple[bytes, str, int]:
    if isinstance(values, str):
        data = values.encode()
        return struct.pack("<I", len(data)) + data, "BYTES", 1
    return values.tobytes(), _DATATYPES[values.dtype], values.size


def _unpacked(outputs: Iterable[tuple[Any, bytes]]) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    arrays: dict[str, NDArray[Any]] = {}
    texts: dict[str, str] = {}
    for output, data in outputs:
        if output.datatype == "BYTES":
            texts[output.name] = data[4:].decode()
        else:
            arrays[output.name] = np.frombuffer(data, _DTYPES[output.datatype])
    return arrays, texts
