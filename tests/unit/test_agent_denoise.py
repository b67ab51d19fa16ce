"""The noise suppressor beside slow servers, in virtual time: how late the audio is, and how much of it is denoised."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice import io

from services.agent.audio.denoise import Denoiser, DenoiseStage
from services.agent.audio.stage import StagedInput
from services.agent.speech.engine import EngineError, Unreachable
from services.agent.speech.pool import Pool
from services.agent.speech.wire.triton import Reply

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

FRAME_SECONDS, FRAME_SAMPLES, RATE_HZ = 0.02, 960, 48_000


@dataclass
class Wire:
    """A stream to a model that answers each frame, negated, after `seconds(number)`; never where that is None."""

    seconds: Callable[[int], float | None]
    sent: int = 0
    closed: bool = False
    _replies: asyncio.Queue[Reply | EngineError] = field(default_factory=asyncio.Queue)

    def send(self, inputs: Mapping[str, Any]) -> str:
        request_id, seconds = str(self.sent), self.seconds(self.sent)
        self.sent += 1
        if seconds is not None:
            reply = Reply(request_id, {"audio": -inputs["audio"]}, {}, final=True)
            asyncio.get_running_loop().call_later(seconds, self._replies.put_nowait, reply)
        return request_id

    def break_off(self) -> None:
        self._replies.put_nowait(Unreachable("gone"))

    async def replies(self) -> AsyncIterator[Reply]:
        while True:
            reply = await self._replies.get()
            if isinstance(reply, EngineError):
                raise reply
            yield reply

    def close(self, last: object = None) -> None:
        self.closed = True


@dataclass
class Scene:
    """A caller's audio through the suppressor. wires: opened so far. told: what the history shows."""

    seconds: Callable[[int], float | None]
    wires: list[Wire] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def stream(self, model: str, *, sequence: bool) -> Wire:
        self.wires.append(Wire(self.seconds))
        return self.wires[-1]

    async def heard(self, frames: int) -> tuple[list[bool], list[float]]:
        """For each frame whether it was denoised, and how late it was in seconds."""
        loop = asyncio.get_running_loop()
        pool = Pool(("a:1",), clock=loop.time)
        client: Any = self
        denoiser = Denoiser(pool, lambda _: client, lambda part, step, _: self.told.append(f"{part}_{step}"))
        began = loop.time()
        staged = StagedInput(Microphone(frames), [DenoiseStage(denoiser)])
        denoised: list[bool] = []
        late: list[float] = []
        try:
            async for out in staged:
                number = len(late)
                value = int(np.frombuffer(out.data, np.int16)[0])
                assert abs(abs(value) - 100 * (number + 1)) <= 1, "in order, none lost"
                denoised.append(value < 0)
                late.append(loop.time() - began - (number + 1) * FRAME_SECONDS)
        finally:
            await staged.close()
        assert len(late) == frames
        return denoised, late


class Microphone(io.AudioInput):
    """Gives a frame every 20 ms, each louder than the one before."""

    def __init__(self, frames: int) -> None:
        super().__init__(label="Microphone")
        self._frames = self._all(frames)

    async def _all(self, frames: int) -> AsyncIterator[rtc.AudioFrame]:
        for number in range(frames):
            await asyncio.sleep(FRAME_SECONDS)
            samples = np.full(FRAME_SAMPLES, 100 * (number + 1), np.int16)
            yield rtc.AudioFrame(samples.tobytes(), RATE_HZ, 1, FRAME_SAMPLES)

    async def __anext__(self) -> rtc.AudioFrame:
        return await anext(self._frames)


@pytest.mark.parametrize("round_trip", [0.003, 0.02, 0.03, 0.04, 0.055])
async def test_a_steady_round_trip_delays_the_audio_once_and_all_of_it_is_denoised(round_trip: float) -> None:
    denoised, late = await Scene(lambda _: round_trip).heard(300)
    assert all(denoised)
    assert max(late) <= round_trip + 0.001
    assert late[-1] <= late[1] + 0.001, "the delay does not grow"


@pytest.mark.parametrize("round_trip", [0.07, 0.2])
async def test_audio_is_never_later_than_60_ms_where_the_round_trip_is_longer(round_trip: float) -> None:
    scene = Scene(lambda _: round_trip)
    denoised, late = await scene.heard(300)
    assert not any(denoised)
    assert max(late) <= 0.061
    assert "denoise_bypass" in scene.told


async def test_one_delay_of_several_frames_counts_once_and_does_not_end_the_stream() -> None:
    scene = Scene(lambda number: 0.3 if number % 50 in (20, 21, 22) else 0.03)
    denoised, late = await scene.heard(300)
    assert len(scene.wires) == 1
    assert scene.told == []
    assert sum(denoised) > 200
    assert max(late) <= 0.061


async def test_a_stream_that_breaks_with_frames_in_flight_is_replaced_once() -> None:
    scene = Scene(lambda _: 0.05)

    async def break_off() -> None:
        await asyncio.sleep(1.0)
        scene.wires[0].break_off()

    breaking = asyncio.create_task(break_off())
    denoised, late = await scene.heard(300)
    await breaking
    assert len(scene.wires) == 2
    assert scene.told == ["denoise_bypass"]
    assert all(denoised[:45])
    assert all(denoised[-100:])
    assert max(late) <= 0.061
