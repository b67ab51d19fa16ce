"""A plain client of the speech models, as a stranger would write one from the README."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient

from services.inference.protocol import COMMAND_AUDIO, COMMAND_DISCARD, COMMAND_FLUSH, COMMAND_SNAPSHOT

_sequence_ids = itertools.count(1000)
ANSWER_SECONDS = 20.0


def tensor(name: str, values: Any, kind: str) -> InferInput:
    """An input of shape [1, n]."""
    dtype = {"FP32": np.float32, "INT32": np.int32, "BYTES": np.object_, "INT16": np.int16}[kind]
    array = np.asarray(values, dtype).reshape(1, -1)
    made = InferInput(name, list(array.shape), kind)
    made.set_data_from_numpy(array)
    return made


class TritonFault(Exception):
    """An error response, by its sentence."""


@dataclass(frozen=True)
class Heard:
    """One response of stt."""

    request_id: str
    text: str
    kind: str
    audio_seconds: float
    utterance: int
    compute_ms: float
    at: float
    language: str
    words: str
    biased: bool


class Stream:
    """One bidirectional stream to one model. Responses are read by a task of its own."""

    def __init__(self, client: InferenceServerClient, model: str) -> None:
        self._client = client
        self.model = model
        self._requests: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=4096)
        self.responses: asyncio.Queue[Any] = asyncio.Queue(maxsize=4096)
        self._reader: asyncio.Task[None] | None = None
        self.arrived = 0.0

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._reader is not None
        if kind is None:
            await self._requests.put(None)
            await asyncio.wait([self._reader], timeout=5)
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _sent(self) -> AsyncIterator[dict[str, Any]]:
        while (request := await self._requests.get()) is not None:
            yield request

    async def _read(self) -> None:
        try:
            async for result, error in self._client.stream_infer(self._sent()):
                await self.responses.put((time.monotonic(), TritonFault(str(error)) if error is not None else result))
        except Exception as error:
            await self.responses.put((time.monotonic(), TritonFault(f"the stream broke: {error}")))

    async def send(self, inputs: list[InferInput], **options: Any) -> None:
        await self._requests.put({"model_name": self.model, "inputs": inputs, **options})

    async def next(self, seconds: float = ANSWER_SECONDS) -> Any:
        self.arrived, response = await asyncio.wait_for(self.responses.get(), seconds)
        if isinstance(response, TritonFault):
            raise response
        return response


class Ear(Stream):
    """A sequence of the stt model."""

    def __init__(self, client: InferenceServerClient, sequence: int | None = None) -> None:
        super().__init__(client, "stt")
        self.sequence = sequence or next(_sequence_ids)
        self._started = False
        self._asked = itertools.count(1)
        self.partials: list[Heard] = []

    async def say(
        self,
        samples: NDArray[np.float32] | None = None,
        command: int = COMMAND_AUDIO,
        *,
        request_id: str = "",
        language: str | None = None,
        keyterms: str | None = None,
        engine: str | None = None,
        start: bool | None = None,
        end: bool = False,
    ) -> None:
        inputs = [
            tensor("audio", samples if samples is not None else [], "FP32"),
            tensor("command", [command], "INT32"),
        ]
        if language is not None:
            inputs.append(tensor("language", [language.encode()], "BYTES"))
        if keyterms is not None:
            inputs.append(tensor("keyterms", [keyterms.encode()], "BYTES"))
        if engine is not None:
            inputs.append(tensor("engine", [engine.encode()], "BYTES"))
        first = not self._started if start is None else start
        self._started = True
        await self.send(
            inputs, sequence_id=self.sequence, sequence_start=first, sequence_end=end, request_id=request_id
        )

    async def stream(self, samples: NDArray[np.float32], *, pace: float = 0.0, step: int = 800) -> None:
        """Send audio in pieces of 50 ms; pace 1 is real time, 0 as fast as it goes."""
        began = time.monotonic()
        for at in range(0, len(samples), step):
            await self.say(samples[at : at + step])
            if pace:
                await asyncio.sleep(max(0.0, began + pace * (at + step) / 16_000 - time.monotonic()))

    async def heard(self, seconds: float = ANSWER_SECONDS) -> Heard:
        result = await self.next(seconds)
        response = result.get_response()

        def one(name: str) -> Any:
            return result.as_numpy(name).reshape(-1)[0]

        return Heard(
            response.id,
            one("text").decode(),
            one("kind").decode(),
            float(one("audio_seconds")),
            int(one("utterance")),
            float(one("compute_ms")),
            self.arrived,
            one("language").decode(),
            one("words").decode(),
            bool(one("biased")),
        )

    async def ask(self, command: int, samples: NDArray[np.float32] | None = None) -> Heard:
        """Send a snapshot or flush and wait for its answer; partials on the way are kept aside."""
        request_id = f"ask-{next(self._asked)}"
        await self.say(samples, command, request_id=request_id)
        while (heard := await self.heard()).request_id != request_id:
            assert heard.kind == "partial"
            self.partials.append(heard)
        return heard

    async def snapshot(self) -> Heard:
        return await self.ask(COMMAND_SNAPSHOT)

    async def flush(self) -> Heard:
        return await self.ask(COMMAND_FLUSH)

    async def discard(self) -> None:
        await self.say(None, COMMAND_DISCARD)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[InferenceServerClient]:
    async with InferenceServerClient(url) as client:
        yield client


async def spoken(
    client: InferenceServerClient, text: str, seconds: float = ANSWER_SECONDS, /, **options: float | str
) -> AsyncGenerator[NDArray[np.int16], None]:
    """The audio responses of one text, all within `seconds`.

    The stream ends after the last one, because only one request is sent on it.
    """
    inputs = [tensor("text", [text.encode()], "BYTES")]
    named = [name for name in ("voice", "language") if name in options]
    inputs += [tensor(name, [str(options[name]).encode()], "BYTES") for name in named]
    if "speed" in options:
        inputs.append(tensor("speed", [options["speed"]], "FP32"))

    async def once() -> AsyncIterator[dict[str, Any]]:
        yield {"model_name": "tts", "inputs": inputs}

    responses = client.stream_infer(once(), stream_timeout=seconds)
    try:
        async for result, error in responses:
            if error is not None:
                raise TritonFault(str(error))
            yield result.as_numpy("audio").reshape(-1)
    finally:
        responses.cancel()


async def speech(
    client: InferenceServerClient, text: str, seconds: float = ANSWER_SECONDS, /, **options: float | str
) -> NDArray[np.int16]:
    """All of it: int16 [n] at 24 kHz."""
    parts = [part async for part in spoken(client, text, seconds, **options)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)
