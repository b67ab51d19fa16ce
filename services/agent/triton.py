"""Streams to Triton: one HTTP/2 channel a call, one bidirectional stream a model."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, KeepAliveOptions
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

# Requests that wait to be sent. A full queue means that Triton has stopped reading; the stream is given up as broken.
_MAX_WAITING_REQUESTS = 256
_DATATYPES = {"float32": "FP32", "int32": "INT32", "int16": "INT16", "object": "BYTES"}
_KEEPALIVE = KeepAliveOptions(keepalive_time_ms=10_000, keepalive_timeout_ms=3_000, keepalive_permit_without_calls=True)


class TritonError(Exception):
    """The stream broke, or Triton refused a request; the message is Triton's."""


@dataclass(frozen=True)
class Reply:
    """One response of a model. `outputs` is empty in a decoupled model's closing response."""

    request_id: str
    outputs: Mapping[str, NDArray[Any]]
    final: bool

    def text(self, name: str) -> str:
        """A string output of one element."""
        return bytes(self.outputs[name].flat[0]).decode()


def tensor(name: str, values: NDArray[Any]) -> InferInput:
    """An input [1, n] from n values of one type; object arrays hold bytes."""
    batch = values[np.newaxis, :]
    item = InferInput(name, list(batch.shape), _DATATYPES[values.dtype.name])
    item.set_data_from_numpy(batch)
    return item


def text_tensor(name: str, value: str) -> InferInput:
    """A string input of one element."""
    return tensor(name, np.array([value.encode()], dtype=np.object_))


class Triton:
    """A client of one endpoint; `close` it when the call ends."""

    def __init__(self, address: str) -> None:
        self._client = InferenceServerClient(address, keepalive_options=_KEEPALIVE)

    def stream(self, model: str, *, sequence: bool = False) -> "ModelStream":
        """A new stream to a model; with `sequence`, all its requests are one sequence."""
        return ModelStream(self._client, model, secrets.randbits(62) + 1 if sequence else 0)

    async def close(self) -> None:
        """Closes the channel."""
        await self._client.close()


class ModelStream:
    """Requests to one model and their replies, in both directions at once."""

    def __init__(self, client: InferenceServerClient, model: str, sequence_id: int) -> None:
        self._model = model
        self._sequence_id = sequence_id
        self._requests: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(_MAX_WAITING_REQUESTS)
        self._started = False
        self._numbers = itertools.count(1)
        self._call = client.stream_infer(self._outgoing())

    def send(self, inputs: list[InferInput], request_id: str = "", *, end: bool = False) -> str:
        """Queues a request and returns its id.

        Raises: TritonError when Triton has stopped reading.
        """
        request_id = request_id or str(next(self._numbers))
        try:
            self._requests.put_nowait(
                {
                    "model_name": self._model,
                    "inputs": inputs,
                    "request_id": request_id,
                    "sequence_id": self._sequence_id,
                    "sequence_start": bool(self._sequence_id) and not self._started,
                    "sequence_end": end,
                }
            )
        except asyncio.QueueFull:
            raise TritonError(f"{self._model} takes no more requests") from None
        self._started = True
        return request_id

    async def __aiter__(self) -> AsyncIterator[Reply]:
        """Replies as they come.

        Raises: TritonError when the stream breaks or a request was refused.
        """
        try:
            async for result, fault in self._call:
                if fault is not None:
                    raise TritonError(fault.message())
                response = result.get_response()
                final = response.parameters["triton_final_response"].bool_param
                outputs = {item.name: result.as_numpy(item.name) for item in response.outputs}
                yield Reply(response.id, outputs, final)
        except (grpc.aio.AioRpcError, InferenceServerException) as fault:
            raise TritonError(str(fault)[:300]) from fault

    def cancel(self) -> None:
        """Ends the stream at once; work under way is cancelled."""
        self._call.cancel()

    def finish(self) -> None:
        """Says that no more requests come."""
        try:
            self._requests.put_nowait(None)
        except asyncio.QueueFull:
            self.cancel()

    async def _outgoing(self) -> AsyncIterator[dict[str, Any]]:
        while (item := await self._requests.get()) is not None:
            yield item
