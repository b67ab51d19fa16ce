"""The caller's audio through its stages, in virtual time: in order, in time, and never late without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice import io

from services.agent.audio.resample import ResampleStage
from services.agent.audio.stage import Frames, Stage, StagedInput

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

FRAME_SECONDS = 0.02


def frame(number: int) -> rtc.AudioFrame:
    samples = np.full(960, number, np.int16)
    return rtc.AudioFrame(samples.tobytes(), 48_000, 1, samples.size)


def number_of(heard: rtc.AudioFrame) -> int:
    return int(np.frombuffer(heard.data, np.int16)[0])


class Microphone(io.AudioInput):
    """Gives a frame every 20 ms."""

    def __init__(self, frames: int) -> None:
        super().__init__(label="Microphone")
        self._frames = self._all(frames)

    async def _all(self, frames: int) -> AsyncIterator[rtc.AudioFrame]:
        for number in range(frames):
            await asyncio.sleep(FRAME_SECONDS)
            yield frame(number)

    async def __anext__(self) -> rtc.AudioFrame:
        return await anext(self._frames)


class Slow(Stage):
    """Takes its time for each frame, and negates it; with too many waiting, a frame passes as it came."""

    name = "slow"
    max_waiting = 3

    def __init__(self, seconds: float, max_in_flight: int = 1) -> None:
        self._seconds = seconds
        self.max_in_flight = max_in_flight
        self.closed = False

    async def process(self, frame: rtc.AudioFrame) -> Frames:
        await asyncio.sleep(self._seconds)
        samples = -np.frombuffer(frame.data, np.int16)
        return [rtc.AudioFrame(samples.tobytes(), frame.sample_rate, 1, frame.samples_per_channel)]

    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        return [frame]

    async def close(self) -> None:
        self.closed = True


async def heard(stage: Stage, frames: int) -> list[tuple[int, float]]:
    """Number of each frame as it came out, and how long it was on its way in seconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    staged = StagedInput(Microphone(frames), [stage])
    try:
        return [
            (number_of(out), loop.time() - began - (abs(number_of(out)) + 1) * FRAME_SECONDS) async for out in staged
        ]
    finally:
        await staged.close()


async def test_frames_come_out_in_order_and_processed() -> None:
    stage = Slow(0.005)
    out = await heard(stage, 50)
    assert [number for number, _ in out] == [-number for number in range(50)]
    assert max(delay for _, delay in out) < 0.006
    assert stage.closed


async def test_a_stage_that_is_too_slow_passes_frames_as_they_came_and_is_never_later_than_its_queue_allows() -> None:
    out = await heard(Slow(0.03), 200)
    assert [abs(number) for number, _ in out] == list(range(200))
    raw = [number for number, _ in out if number > 0]
    assert 40 < len(raw) < 120
    # Three frames that wait, one in work and one that has just come.
    assert max(delay for _, delay in out) <= 5 * FRAME_SECONDS + 0.03


async def test_a_stage_with_several_frames_in_flight_keeps_up_with_a_round_trip_longer_than_a_frame() -> None:
    out = await heard(Slow(0.05, max_in_flight=3), 200)
    assert [number for number, _ in out] == [-number for number in range(200)]
    assert max(delay for _, delay in out) < 0.051


async def test_a_frame_that_is_done_early_waits_for_those_before_it() -> None:
    class Uneven(Slow):
        async def process(self, frame: rtc.AudioFrame) -> Frames:
            self._seconds = 0.05 if number_of(frame) % 3 == 0 else 0.001
            return await super().process(frame)

    out = await heard(Uneven(0.001, max_in_flight=3), 99)
    assert [number for number, _ in out] == [-number for number in range(99)]


async def test_a_stage_that_hangs_for_a_moment_is_caught_up_with() -> None:
    class Hanging(Slow):
        async def process(self, frame: rtc.AudioFrame) -> Frames:
            self._seconds = 0.5 if number_of(frame) == 20 else 0.001
            return await super().process(frame)

    out = await heard(Hanging(0.001), 100)
    assert [abs(number) for number, _ in out] == list(range(100))
    assert max(delay for number, delay in out if abs(number) > 50) < 0.005


async def test_stages_follow_each_other_and_the_rate_changes() -> None:
    staged = StagedInput(Microphone(100), [Slow(0.001), ResampleStage(48_000, 16_000)])
    try:
        frames = [out async for out in staged]
    finally:
        await staged.close()
    assert {out.sample_rate for out in frames} == {16_000}
    assert sum(out.samples_per_channel for out in frames) >= 0.95 * 100 * 320
    assert np.frombuffer(frames[-1].data, np.int16)[-1] < 0


async def test_closing_in_the_middle_ends_every_task() -> None:
    staged = StagedInput(Microphone(1_000), [Slow(0.001)])
    await anext(staged)
    await staged.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert len([out async for out in staged]) <= 1


class Burst(io.AudioInput):
    """Gives all frames at once."""

    def __init__(self, frames: int) -> None:
        super().__init__(label="Burst")
        self._left = iter(range(frames))

    async def __anext__(self) -> rtc.AudioFrame:
        for number in self._left:
            return frame(number)
        raise StopAsyncIteration


async def test_three_seconds_of_audio_that_come_at_once_are_heard_whole() -> None:
    source = StagedInput(Burst(150), [Quick()])
    numbers = [number_of(each) async for each in source]
    await source.close()
    assert numbers == list(range(150))


class Quick(Stage):
    """Forwards each frame without waiting."""

    name = "quick"
    max_waiting = 1_000

    async def process(self, frame: rtc.AudioFrame) -> Frames:
        return [frame]

    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        return [frame]
