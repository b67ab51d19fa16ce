"""What a client recorded before the agent could hear it, joined with its live audio."""

from __future__ import annotations

import numpy as np
import pytest
from livekit import rtc
from numpy.typing import NDArray

from services.agent.audio import overlap
from services.agent.audio.overlap import OverlapStage, mark_recorded
from tests.speech.sound import said

RATE_HZ = 48_000
FRAME_SAMPLES = 960
Sound = NDArray[np.int16]


@pytest.fixture(scope="module")
def speech() -> Sound:
    """A sentence without a pause at its beginning."""
    sound = np.repeat(said("The screen stays dark when I press the button on the left side."), 3)
    loud = int(np.flatnonzero(np.abs(sound) > 0.05)[0])
    return np.asarray(sound[loud:] * 20_000, np.int16)


class Handler:
    """RoomIO's handler, with a recording in frames of another length."""

    def __init__(self, recorded: Sound, rate_hz: int = RATE_HZ) -> None:
        self._frames = [
            rtc.AudioFrame(part.tobytes(), rate_hz, 1, part.size)
            for part in np.array_split(recorded, max(1, recorded.size // 2_000))
        ]

    async def wait_for_data(self, _: str) -> list[rtc.AudioFrame]:
        return self._frames


async def joined(recorded: Sound, live: Sound, rate_hz: int = RATE_HZ) -> Sound:
    """What leaves the stage."""
    handler = Handler(recorded, rate_hz)
    mark_recorded(handler, RATE_HZ)  # type: ignore[arg-type]  # it has what is used of a handler
    stage = OverlapStage(RATE_HZ)
    frames = await handler.wait_for_data("TR_1")
    whole = live[: live.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    frames += [rtc.AudioFrame(part.tobytes(), RATE_HZ, 1, FRAME_SAMPLES) for part in whole]
    left = [each for frame in frames for each in await stage.process(frame)]
    assert len(left) - len(whole) < recorded.size // RATE_HZ * 2 + 2, "later stages are not flooded"
    return np.concatenate([np.frombuffer(frame.data, np.int16) for frame in left])


def compressed(sound: Sound, seed: int) -> Sound:
    """As after another codec: a little noise, and another level."""
    noise = np.random.default_rng(seed).normal(0, 200, sound.size)
    return np.asarray(np.clip(sound * (0.7 + 0.2 * seed) + noise, -32_768, 32_767), np.int16)


@pytest.mark.parametrize("at_seconds", [0.5, 1.1, 2.3])
@pytest.mark.parametrize("common_seconds", [0.12, 0.19, 0.301, 0.7])
async def test_what_comes_twice_is_heard_once(speech: Sound, at_seconds: float, common_seconds: float) -> None:
    begin = int(at_seconds * RATE_HZ)
    end = begin + int(common_seconds * RATE_HZ)
    sound = await joined(compressed(speech[:end], 1), compressed(speech[begin:], 2))
    assert sound.size == pytest.approx(speech.size, abs=2 * FRAME_SAMPLES)
    heard_to = begin + (speech.size - begin) // FRAME_SAMPLES * FRAME_SAMPLES
    likeness = np.corrcoef(sound, speech[heard_to - sound.size : heard_to])[0, 1]
    assert likeness > 0.9, "no sample is missing between the beginning and the end"


@pytest.mark.parametrize("at_seconds", [0.5, 1.1, 2.3])
async def test_nothing_is_removed_where_some_is_missing(speech: Sound, at_seconds: float) -> None:
    end, begin = int(at_seconds * RATE_HZ), int((at_seconds + 0.11) * RATE_HZ)
    sound = await joined(compressed(speech[:end], 1), compressed(speech[begin:], 2))
    assert sound.size == pytest.approx(end + speech.size - begin, abs=2 * FRAME_SAMPLES)


async def test_silence_is_kept(speech: Sound) -> None:
    silence = np.zeros(RATE_HZ, np.int16)
    sound = await joined(silence, np.concatenate((silence, speech)))
    assert sound.size == pytest.approx(2 * RATE_HZ + speech.size, abs=2 * FRAME_SAMPLES)


async def test_a_recording_at_another_rate_is_joined(speech: Sound) -> None:
    begin, end = RATE_HZ, int(1.3 * RATE_HZ)
    sound = await joined(speech[:end:2].copy(), speech[begin:], RATE_HZ // 2)
    assert sound.size == pytest.approx(speech.size, abs=2 * FRAME_SAMPLES)


async def test_audio_without_a_recording_passes_at_once(speech: Sound) -> None:
    stage = OverlapStage(RATE_HZ)
    frame = rtc.AudioFrame(speech[:FRAME_SAMPLES].tobytes(), RATE_HZ, 1, FRAME_SAMPLES)
    assert await stage.process(frame) == [frame]


async def test_the_longest_recording_holds_the_event_loop_for_a_moment_only(speech: Sound) -> None:
    recorded = np.tile(speech, 3)[: 10 * RATE_HZ]
    assert overlap.overlap(recorded, speech[: int(0.3 * RATE_HZ)], RATE_HZ) >= 0
    assert len(await joined(recorded, speech)) > 10 * RATE_HZ
