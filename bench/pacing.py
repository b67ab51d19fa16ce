"""Sends frames of many callers through the denoise model: round-trip times in real time, and cost of the engine."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.libdf import LibDF
from bench.noises import RATE_HZ, Sound
from deploy.local.triton import TritonServer, own_triton
from measure.percentiles import Percentiles
from services.agent.speech.wire.triton import ModelStream, Triton
from services.inference import protocol
from services.inference.cores import available
from services.inference.engines.deepfilternet import DeepFilterNet

_REPLY_SECONDS = 5.0
_WARM_SECONDS = 0.5
_PACKET_MS = 20


@dataclass(frozen=True)
class Design:
    """A design of the server: the `[denoise]` section of its profile, and the length of its packets."""

    name: str
    section: str
    packet_ms: int


@dataclass(frozen=True)
class Paced:
    """The result of a design with a number of callers. away_ms: milliseconds from sending a packet to its answer."""

    design: str
    streams: int
    packet_ms: int
    away_ms: Percentiles
    late: float
    """Share of the packets whose round trip took longer than the packet's length."""
    cores: float
    requests_an_execution: float


def designs() -> tuple[Design, Design]:
    """Callbox's design (frames of all callers in one step) and the plain design (one request for each frame).

    The plain design has a process for each core, which is how Triton scales.
    """
    return (
        Design("batched", "idle_seconds = 30\nmax_batch_size = 32\n", _PACKET_MS),
        Design("plain", f"idle_seconds = 30\nmax_batch_size = 1\ninstances = {available()}\n", 10),
    )


async def measure(design: Design, streams: Sequence[int], sound: Sound, seconds: float, folder: str) -> list[Paced]:
    """Measures a design at each number of callers, on a separate server. Raises: NotReady, EngineError."""
    path = f"{folder}/{design.name}.toml"
    with open(path, "w") as profile:  # noqa: ASYNC230, PTH123 - a few bytes, before anything runs
        profile.write(f'[denoise]\nengine = "deepfilternet"\n{design.section}')
    async with own_triton(path) as server:
        triton = Triton(server.address)
        try:
            return [await _paced(triton, server, design, count, sound, seconds) for count in streams]
        finally:
            await triton.close()


async def _paced(
    triton: Triton, server: TritonServer, design: Design, count: int, sound: Sound, seconds: float
) -> Paced:
    callers = [_Caller(triton, design.packet_ms, np.roll(sound, -number * RATE_HZ)) for number in range(count)]
    try:
        await asyncio.gather(*(caller.talk(_WARM_SECONDS, 0.0) for caller in callers))
        counts = await _counts(server)
        used, began = server.cpu_seconds(), time.perf_counter()
        away = await asyncio.gather(*(caller.talk(seconds, number / count) for number, caller in enumerate(callers)))
        cores = (server.cpu_seconds() - used) / (time.perf_counter() - began)
        after = await _counts(server)
    finally:
        for caller in callers:
            caller.hang_up()
    requests, executions = (later - earlier for later, earlier in zip(after, counts, strict=True))
    taken = [ms for each in away for ms in each]
    late = sum(ms > design.packet_ms for ms in taken) / len(taken)
    return Paced(
        design.name, count, design.packet_ms, Percentiles.of(taken), late, cores, requests / max(1, executions)
    )


async def _counts(server: TritonServer) -> tuple[float, float]:
    """Requests and executions so far."""
    model = protocol.DENOISE_MODEL
    return await server.count("nv_inference_count", model), await server.count("nv_inference_exec_count", model)


@dataclass(frozen=True)
class Cost:
    """Milliseconds of one core for a packet, with a number of callers at once: of the engine and of the library."""

    callers: int
    batched_ms: Percentiles
    library_ms: Percentiles


def cost(callers: Sequence[int], sound: Sound, seconds: float) -> list[Cost]:
    """Measures the engine without a server, and the library, alternately: one packet of every caller at a time."""
    size = RATE_HZ * _PACKET_MS // 1000
    found = []
    for count in callers:
        engine = DeepFilterNet(count)
        states = [engine.open() for _ in range(count)]
        libraries = [LibDF(protocol.DENOISE_DEFAULT_LEVEL_DB) for _ in range(count)]
        sounds = [np.roll(sound, -number * RATE_HZ) for number in range(count)]
        batched, library = [], []
        for number in range(int(seconds * 1000 / _PACKET_MS)):
            heard = [each[number * size : (number + 1) * size] for each in sounds]
            batch = [
                (state, part, protocol.DENOISE_DEFAULT_LEVEL_DB) for state, part in zip(states, heard, strict=True)
            ]
            began = time.perf_counter()
            list(engine.step(batch))
            between = time.perf_counter()
            for each, part in zip(libraries, heard, strict=True):
                each.filtered(part)
            ended = time.perf_counter()
            batched.append(1e3 * (between - began) / count)
            library.append(1e3 * (ended - between) / count)
        for each in libraries:
            each.close()
        found.append(Cost(count, Percentiles.of(batched), Percentiles.of(library)))
    return found


class _Caller:
    """One call's sequence."""

    def __init__(self, triton: Triton, packet_ms: int, sound: Sound) -> None:
        self._packet_seconds = packet_ms / 1000
        self._size = RATE_HZ * packet_ms // 1000
        self._sound = sound
        self._at = 0
        self._stream: ModelStream = triton.stream(protocol.DENOISE_MODEL, sequence=True)
        self._replies = self._stream.replies()

    def _packet(self) -> Sound:
        self._at = (self._at + self._size) % (len(self._sound) - self._size)
        return self._sound[self._at : self._at + self._size]

    async def talk(self, seconds: float, phase: float) -> list[float]:
        """Round-trip milliseconds of each packet. phase: this caller's offset from the first, as part of a packet."""
        sent: list[float] = []
        number = math.ceil(seconds / self._packet_seconds)
        reading = asyncio.create_task(self._read(number))
        due = time.perf_counter() + phase * self._packet_seconds
        for _ in range(number):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sent.append(time.perf_counter())
            self._stream.send({"audio": self._packet()})
            due += self._packet_seconds
        back = await reading
        return [1e3 * (came - left) for left, came in zip(sent, back, strict=True)]

    async def _read(self, number: int) -> list[float]:
        back: list[float] = []
        while len(back) < number:
            async with asyncio.timeout(_REPLY_SECONDS):
                await anext(self._replies)
            back.append(time.perf_counter())
        return back

    def hang_up(self) -> None:
        self._stream.close({"audio": np.empty(0, np.float32)})
