"""The engine of `denoise` against the C library of its authors, whose states hear one caller each."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from bench.libdf import LibDF
from services.inference.engines.deepfilternet import FRAME_SAMPLES, FULL_LEVEL_DB, SAMPLE_RATE_HZ, DeepFilterNet
from services.inference.protocol import STT_RATE_HZ
from tests.speech.sound import recorded

Sound = NDArray[np.float32]
# What two ways of rounding differ by, relative to the loudest sample.
ROUNDING = 1e-4


@pytest.fixture(scope="module")
def noisy() -> Sound:
    """Two seconds of speech in white noise."""
    sound, _ = recorded("quick_brown_fox")
    speech = soxr.resample(sound, STT_RATE_HZ, SAMPLE_RATE_HZ)[: 200 * FRAME_SAMPLES]
    noise = np.random.default_rng(3).standard_normal(len(speech))
    return np.asarray(speech + 0.01 * noise, np.float32)


@pytest.fixture(scope="module")
def engine() -> DeepFilterNet:
    return DeepFilterNet(max_streams=5)


@pytest.fixture
def state(engine: DeepFilterNet) -> Iterator[int]:
    """The state of a new caller."""
    number = engine.open()
    yield number
    engine.release(number)


def expected(sound: Sound, level_db: float) -> Sound:
    return _in_library(sound.tobytes(), level_db)


@cache
def _in_library(sound: bytes, level_db: float) -> Sound:
    library = LibDF(level_db)
    try:
        return library.filtered(np.frombuffer(sound, np.float32))
    finally:
        library.close()


def packets(sound: Sound, frames: Sequence[int]) -> Iterator[Sound]:
    """The sound in packets of so many frames, over and over."""
    at = number = 0
    while at < len(sound):
        size = frames[number % len(frames)] * FRAME_SAMPLES
        yield sound[at : at + size]
        at, number = at + size, number + 1


@pytest.mark.parametrize(
    ("frames", "level_db"), [((1,), FULL_LEVEL_DB), ((2,), 12.0), ((10, 1, 3), FULL_LEVEL_DB), ((10, 1, 3), 12.0)]
)
def test_one_caller_sounds_as_in_the_library(
    engine: DeepFilterNet, state: int, noisy: Sound, frames: Sequence[int], level_db: float
) -> None:
    found = [dict(engine.step([(state, packet, level_db)]))[0] for packet in packets(noisy, frames)]
    wanted = expected(noisy, level_db)
    np.testing.assert_allclose(np.concatenate(found), wanted, atol=ROUNDING * np.abs(wanted).max())


def test_callers_of_one_batch_do_not_hear_each_other(engine: DeepFilterNet, noisy: Sound) -> None:
    """Callers with other sounds, levels and packets, who come and go."""
    sounds = [noisy, noisy[::-1].copy(), np.roll(noisy, 48_000), 0.3 * noisy]
    levels = [100.0, 24.0, 12.0, 6.0]
    gone = engine.open()
    list(engine.step([(gone, noisy[: 20 * FRAME_SAMPLES], 100.0)]))
    engine.release(gone)
    states = [engine.open() for _ in sounds]
    assert gone in states
    streams = [packets(sound, [1 + number]) for number, sound in enumerate(sounds)]
    found: list[list[Sound]] = [[] for _ in sounds]
    while True:
        talking = [
            (number, packet) for number, stream in enumerate(streams) if (packet := next(stream, None)) is not None
        ]
        if not talking:
            break
        for place, clean in engine.step([(states[number], packet, levels[number]) for number, packet in talking]):
            found[talking[place][0]].append(clean)
    for state in states:
        engine.release(state)
    for number, sound in enumerate(sounds):
        wanted = expected(sound, levels[number])
        np.testing.assert_allclose(np.concatenate(found[number]), wanted, atol=ROUNDING * np.abs(wanted).max())


@pytest.mark.parametrize("frames", [2, 10])
def test_silence_comes_back_as_silence_and_speech_around_it_as_speech(
    engine: DeepFilterNet, state: int, noisy: Sound, frames: int
) -> None:
    sound = np.concatenate([noisy, np.zeros(50 * FRAME_SAMPLES, np.float32), noisy])
    found = np.concatenate([dict(engine.step([(state, packet, 12.0)]))[0] for packet in packets(sound, (frames,))])
    pause = found[len(noisy) + 20 * FRAME_SAMPLES : len(noisy) + 50 * FRAME_SAMPLES]
    assert not pause.any()
    wanted = expected(sound, 12.0)
    speaking = np.r_[: len(noisy) + 3 * FRAME_SAMPLES, len(sound) - len(noisy) : len(sound)]
    np.testing.assert_allclose(found[speaking], wanted[speaking], atol=0.02 * np.abs(wanted).max())


def test_a_packet_that_is_not_whole_frames_is_refused(engine: DeepFilterNet, state: int, noisy: Sound) -> None:
    with pytest.raises(ValueError, match="multiple of 480 samples, got 100"):
        list(engine.step([(state, noisy[:100], 12.0)]))
    assert len(dict(engine.step([(state, noisy[:0], 12.0)]))[0]) == 0


def test_no_more_callers_than_there_are_states(engine: DeepFilterNet) -> None:
    engine.release(engine.open())
    states = [engine.open() for _ in range(5)]
    with pytest.raises(IndexError):
        engine.open()
    for state in states:
        engine.release(state)
