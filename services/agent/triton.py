"""Streams to Triton: one HTTP/2 channel a call, one bidirectional stream a model.

Spoken through Triton's own stubs, since tritonclient's asyncio stream refuses the parameter that asks a decoupled model
for its closing response.
"""

import asyncio
import itertools
import secrets
import struct
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2, service_pb2_grpc

# Requests that wait to be sent. A full queue means that Triton has stopped reading; the stream is given up as broken.
_MAX_WAITING_REQUESTS = 256
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

    def stream(self, model: str, *, sequence: bool = False) -> "ModelStream":
        """A new stream to a model; with `sequence`, all its requests are one sequence."""
        return ModelStream(self._stub, model, secrets.randbits(62) + 1 if sequence else 0)

    async def close(self) -> None:
        """Closes the channel."""
        await self._channel.close()


class ModelStream:
    """Requests to one model and their replies, in both directions at once."""

    def __init__(self, stub: service_pb2_grpc.GRPCInferenceServiceStub, model: str, sequence_id: int) -> None:
        self._model = model
        self._sequence_id = sequence_id
        self._requests: asyncio.Queue[service_pb2.ModelInferRequest] = asyncio.Queue(_MAX_WAITING_REQUESTS)
        self._started = False
        self._numbers = itertools.count(1)
        self._call = stub.ModelStreamInfer(self._outgoing())
        self._cancelled = False

    def send(self, inputs: Inputs) -> str:
        """Queues a request and returns its id.

        Raises: TritonError when Triton has stopped reading.
        """
        request = service_pb2.ModelInferRequest(model_name=self._model, id=str(next(self._numbers)))
        for name, values in inputs.items():
            data, datatype, size = _packed(values)
            request.inputs.add(name=name, datatype=datatype, shape=[1, size])
            request.raw_input_contents.append(data)
        request.parameters["triton_enable_empty_final_response"].bool_param = True
        if self._sequence_id:
            request.parameters["sequence_id"].int64_param = self._sequence_id
            request.parameters["sequence_start"].bool_param = not self._started
            request.parameters["sequence_end"].bool_param = False
        try:
            self._requests.put_nowait(request)
        except asyncio.QueueFull:
            raise TritonError(f"{self._model} takes no more requests") from None
        self._started = True
        return str(request.id)

    async def replies(self) -> AsyncIterator[Reply]:
        """Replies as they come.

        Raises: TritonError when the stream breaks or ends, or a request was refused.
        """
        try:
            async for message in self._call:
                if message.error_message:
                    raise TritonError(message.error_message)
                response = message.infer_response
                arrays, texts = _unpacked(zip(response.outputs, response.raw_output_contents, strict=False))
                yield Reply(response.id, arrays, texts, response.parameters["triton_final_response"].bool_param)
        except grpc.aio.AioRpcError as fault:
            raise TritonError(f"{fault.code().name}: {fault.details()}"[:300]) from fault
        except asyncio.CancelledError:
            # gRPC raises this also in whoever reads a stream that `cancel` has ended, though no task was cancelled.
            if not self._cancelled:
                raise
        raise TritonError(f"{self._model} closed the stream")

    def cancel(self) -> None:
        """Ends the stream at once; work under way is cancelled."""
        self._cancelled = True
        self._call.cancel()

    async def _outgoing(self) -> AsyncIterator[service_pb2.ModelInferRequest]:
        while True:
            yield await self._requests.get()


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
