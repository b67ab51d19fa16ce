"""Streams to Triton: one HTTP/2 channel for each endpoint, one bidirectional stream for each model.

Uses Triton's gRPC stubs, because tritonclient's asyncio stream refuses the parameter that asks a decoupled model for
its closing response.
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

from services.agent.speech.engine import AtCapacity, EngineError, Refused, StreamExpired, Unreachable, fault_of
from services.agent.speech.wire.channel import Access, Metadata, open_channel
from services.inference import protocol

# Most requests that wait to be sent. A full queue means that Triton has stopped reading; then the stream is broken.
_MAX_WAITING_REQUESTS = 256
# Most replies that wait to be read. A clause has a few; audio has one for each packet.
_MAX_UNREAD_REPLIES = 1024
# Longest wait for Triton to end a closed stream. A stream that takes longer is cancelled: that Triton hangs.
_CLOSING_SECONDS = 5.0
_DTYPES = {"FP32": np.float32, "INT32": np.int32, "INT16": np.int16}
_DATATYPES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
# An input of a model: name → values of one type, or a text.
Inputs = Mapping[str, NDArray[Any] | str]


@dataclass(frozen=True)
class Reply:
    """One response of a model, with flat arrays. The closing response of a decoupled model has no arrays and texts.

    fault: why the request was refused; the stream remains usable.
    """

    request_id: str
    arrays: Mapping[str, NDArray[Any]]
    texts: Mapping[str, str]
    final: bool
    fault: EngineError | None = None


class Triton:
    """A client of one endpoint; `close` it when the call ends."""

    def __init__(self, address: str, access: Access | None = None) -> None:
        access = access or Access()
        self._channel = open_channel(address, access)
        self._metadata = access.metadata
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._streams: set[ModelStream] = set()

    def stream(self, model: str, *, sequence: bool = False) -> "ModelStream":
        """Opens a stream to a model. With `sequence`, all its requests form one sequence."""
        sequence_id = secrets.randbits(62) + 1 if sequence else 0
        stream = ModelStream(self._stub, model, sequence_id, self._metadata)
        self._streams.add(stream)
        stream.reader.add_done_callback(lambda _: self._streams.discard(stream))
        return stream

    async def close(self) -> None:
        """Closes all streams, waits a few seconds for their ends, and closes the channel."""
        readers = [stream.reader for stream in self._streams]
        for stream in list(self._streams):
            stream.close()
        if readers:
            await asyncio.wait(readers)
        await self._channel.close()


class ModelStream:
    """A bidirectional stream: requests to one model and their replies.

    To end a stream, close its own side and read what still arrives; never cancel it. If a gRPC call is cancelled while
    a decoupled model answers, tritonserver can crash with a memory fault, which breaks every other call.

    reader: the task that reads; it ends when Triton has ended the stream. It is a separate task, because grpc.aio
    cancels a call whose reader is cancelled.
    """

    def __init__(
        self, stub: service_pb2_grpc.GRPCInferenceServiceStub, model: str, sequence_id: int, metadata: Metadata
    ) -> None:
        self._model = model
        self._sequence_id = sequence_id
        self._requests = Chan[service_pb2.ModelInferRequest](_MAX_WAITING_REQUESTS)
        self._replies = Chan[Reply](_MAX_UNREAD_REPLIES)
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._fault: EngineError = Unreachable(f"the stream to {model} is closed")
        self._call = stub.ModelStreamInfer(self._requests, metadata=metadata)
        self.reader = asyncio.create_task(self._read(), name=f"{model}-replies")

    @property
    def closed(self) -> bool:
        """Whether it accepts no more requests."""
        return self._requests.closed

    def send(self, inputs: Inputs) -> str:
        """Queues a request and returns its unique id.

        Raises: EngineError when the stream is closed or Triton has stopped reading.
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
            raise Unreachable(f"Triton has stopped reading requests to {self._model}") from None
        except ChanClosed:
            raise self._fault from None
        return str(request.id)

    async def replies(self) -> AsyncIterator[Reply]:
        """Yields replies as they arrive, until the stream ends.

        Raises: EngineError when the stream is closed or broken.
        """
        async for reply in self._replies:
            yield reply
        raise self._fault

    def close(self, last: Inputs | None = None) -> None:
        """Closes the stream. Answers that still arrive are dropped.

        last: a request that tells the model to stop its work for this stream; it also ends the sequence.
        """
        if self._requests.closed:
            return
        if last is not None:
            with contextlib.suppress(EngineError):
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
            self._fault = fault_of(fault)
        except asyncio.CancelledError:
            # gRPC also raises this when the call was cancelled and this task was not.
            if not self._call.cancelled():
                raise
        finally:
            self._requests.close()
            self._replies.close()

    def _take(self, message: service_pb2.ModelStreamInferResponse) -> None:
        if self._replies.closed:
            return
        response = message.infer_response
        arrays, texts = _unpacked(zip(response.outputs, response.raw_output_contents, strict=False))
        fault = _refusal(message.error_message) if message.error_message else None
        final = fault is not None or response.parameters["triton_final_response"].bool_param
        try:
            self._replies.send_nowait(Reply(response.id, arrays, texts, final, fault))
        except ChanFull:
            self._fault = EngineError(f"too many unread replies of {self._model}")
            self.close()


def _refusal(message: str) -> EngineError:
    if protocol.EXHAUSTED in message:
        return AtCapacity(message)
    if protocol.INVALID_INPUT in message:
        return Refused(message)
    if protocol.is_restarting(message):
        return Unreachable(message)
    return StreamExpired(message) if protocol.is_sequence_lost(message) else EngineError(message)


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
