"""Where the worker hears speech begin, pause and end, by the clock of the samples."""

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.vad import VADEvent, VADEventType
from numpy.typing import NDArray

from services.agent.audio.activity import VoiceActivity
from services.agent.speech.pauses import SAMPLE_RATE_HZ, WINDOW_SECONDS, Mark, PauseDetector
from tests.speech.sound import said, silence

_SENTENCE = "What time do you open on Saturday?"
_FRAME = SAMPLE_RATE_HZ // 50
_PAUSE_SECONDS = 0.096
_END_SECONDS = 0.28


def _pcm(*parts: NDArray[np.float32]) -> NDArray[np.int16]:
    return (np.clip(np.concatenate(parts), -1, 1) * 32767).astype(np.int16)


def _trimmed(text: str) -> NDArray[np.float32]:
    """A spoken sentence without what is not audible before and after it."""
    samples = said(text)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]


def _marks(pcm: NDArray[np.int16]) -> list[tuple[Mark, float]]:
    """Marks and when they were told, in seconds of the audio."""
    detector = PauseDetector(_PAUSE_SECONDS)
    try:
        return [
            (mark, (at + _FRAME) / SAMPLE_RATE_HZ)
            for at in range(0, len(pcm), _FRAME)
            for mark in detector.push(pcm[at : at + _FRAME])
        ]
    finally:
        detector.close()


async def _events(pcm: NDArray[np.int16]) -> list[VADEvent]:
    stream = VoiceActivity(_END_SECONDS).stream()
    try:
        for at in range(0, len(pcm), _FRAME):
            piece = pcm[at : at + _FRAME]
            stream.push_frame(rtc.AudioFrame(piece.tobytes(), SAMPLE_RATE_HZ, 1, len(piece)))
        stream.end_input()
        async with asyncio.timeout(10):
            return [event async for event in stream]
    finally:
        await stream.aclose()


def _changes(events: list[VADEvent]) -> list[VADEvent]:
    return [event for event in events if event.type is not VADEventType.INFERENCE_DONE]


def test_a_pause_is_told_three_windows_after_the_last_sound() -> None:
    speech = _trimmed(_SENTENCE)
    end = 0.5 + len(speech) / SAMPLE_RATE_HZ
    (first, _), (last, told) = _marks(_pcm(silence(0.5), speech, silence(1.0)))
    assert (first, last) == (Mark.SPEECH, Mark.PAUSE)
    # One window is cut by the end of speech, another by the frames.
    assert 0 < told - end <= _PAUSE_SECONDS + 2 * WINDOW_SECONDS


def test_two_sentences_are_two_stretches_of_speech() -> None:
    speech = _trimmed(_SENTENCE)
    marks = [mark for mark, _ in _marks(_pcm(speech, silence(0.5), speech, silence(0.5)))]
    assert marks == [Mark.SPEECH, Mark.PAUSE] * 2


def test_a_pause_is_told_in_noise_too() -> None:
    noise = np.random.default_rng(1).normal(0, 0.01, 5 * SAMPLE_RATE_HZ).astype(np.float32)
    speech = _trimmed(_SENTENCE)
    noise[SAMPLE_RATE_HZ : SAMPLE_RATE_HZ + len(speech)] += speech
    marks = [mark for mark, _ in _marks(_pcm(noise))]
    assert marks[0] is Mark.SPEECH
    assert marks[-1] is Mark.PAUSE


def test_a_soft_sentence_after_a_loud_one_is_heard() -> None:
    speech = _trimmed(_SENTENCE)
    speech = speech / np.abs(speech).max() * 0.9
    marks = [mark for mark, _ in _marks(_pcm(speech, silence(0.6), speech * 0.05, silence(0.6)))]
    assert marks[:3] == [Mark.SPEECH, Mark.PAUSE, Mark.SPEECH]


@pytest.mark.parametrize("level", [0.0, 0.0005])
def test_silence_holds_no_speech(level: float) -> None:
    hiss = np.random.default_rng(1).normal(0, 1, 3 * SAMPLE_RATE_HZ).astype(np.float32) * level
    assert _marks(_pcm(hiss)) == []


async def test_speech_ends_after_the_silence_that_was_asked_for() -> None:
    speech = _trimmed(_SENTENCE)
    end = 0.5 + len(speech) / SAMPLE_RATE_HZ
    began, ended = _changes(await _events(_pcm(silence(0.5), speech, silence(1.0))))
    assert (began.type, ended.type) == (VADEventType.START_OF_SPEECH, VADEventType.END_OF_SPEECH)
    assert _END_SECONDS - WINDOW_SECONDS <= ended.timestamp - end <= _END_SECONDS + 2 * WINDOW_SECONDS
    assert ended.speech_duration == pytest.approx(end - 0.5, abs=0.15)
    assert ended.silence_duration == pytest.approx(_END_SECONDS, abs=WINDOW_SECONDS)


async def test_a_short_gap_does_not_end_speech() -> None:
    speech = _trimmed(_SENTENCE)
    kinds = [event.type for event in _changes(await _events(_pcm(speech, silence(0.2), speech, silence(0.6))))]
    assert kinds == [VADEventType.START_OF_SPEECH, VADEventType.END_OF_SPEECH]


async def test_a_flush_begins_anew() -> None:
    stream = VoiceActivity(_END_SECONDS).stream()
    pcm = _pcm(_trimmed(_SENTENCE))
    try:
        stream.push_frame(rtc.AudioFrame(pcm.tobytes(), SAMPLE_RATE_HZ, 1, len(pcm)))
        stream.flush()
        quiet = _pcm(silence(0.2))
        stream.push_frame(rtc.AudioFrame(quiet.tobytes(), SAMPLE_RATE_HZ, 1, len(quiet)))
        stream.end_input()
        async with asyncio.timeout(10):
            events = [event async for event in stream]
    finally:
        await stream.aclose()
    assert [event.type for event in _changes(events)] == [VADEventType.START_OF_SPEECH]
    assert not events[-1].speaking
    assert events[-1].raw_accumulated_speech == 0.0
