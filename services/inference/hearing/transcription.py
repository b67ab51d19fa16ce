"""Turns an utterance's audio into text, piece by piece when it is long."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.moonshine import Moonshine
from services.inference.hearing.guard import clean
from services.inference.hearing.utterance import Clip, Utterance
from services.inference.hearing.voicing import FRAME_SAMPLES, FRAME_SECONDS, is_speech

# From here on a piece is settled at a real pause; a clip of this length takes about 0.2 s on one core.
SOFT_PIECE_SECONDS: Final = 12.0
# From here on it is settled at the quietest place, pause or not.
HARD_PIECE_SECONDS: Final = 22.0
_EARLIEST_CUT_SECONDS: Final = 5.0
_HARD_CUT_FROM_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.3
_QUIET_SECONDS: Final = 0.2

# Silence kept round the speech. Without it the model repeats or loses the first and last word.
_LEAD_SECONDS: Final = 0.2
_TAIL_SECONDS: Final = 0.5
# A quiet caller's short words are mistaken for others unless they are brought up to this.
_QUIET_PEAK: Final = 0.3
_MAX_GAIN: Final = 30.0


def _frames(seconds: float) -> int:
    return round(seconds / FRAME_SECONDS)


def cut_point(levels: NDArray[np.float32], voiced: NDArray[np.bool_]) -> int | None:
    """Where to settle the first piece of a long clip, in frames; None while it is short enough.

    levels: float32 [k] dB; voiced: bool [k].
    """
    if len(levels) <= _frames(SOFT_PIECE_SECONDS):
        return None
    latest = min(len(levels), _frames(HARD_PIECE_SECONDS))
    run = 0
    for index in range(_frames(_EARLIEST_CUT_SECONDS), latest):
        run = 0 if voiced[index] else run + 1
        if run >= _frames(_PAUSE_SECONDS):
            return index - run // 2
    if len(levels) <= _frames(HARD_PIECE_SECONDS):
        return None
    window = _frames(_QUIET_SECONDS)
    start = _frames(_HARD_CUT_FROM_SECONDS)
    smooth = np.convolve(levels[start:latest], np.ones(window) / window, mode="valid")
    return start + int(smooth.argmin()) + window // 2


def _trimmed(clip: Clip) -> NDArray[np.float32]:
    """The speech of a clip with silence before and after it, missing silence made up, at an even loudness."""
    spoken = np.flatnonzero(clip.voiced)
    first = (int(spoken[0]) - _frames(_LEAD_SECONDS)) * FRAME_SAMPLES
    last = (int(spoken[-1]) + 1 + _frames(_TAIL_SECONDS)) * FRAME_SAMPLES
    samples = clip.samples[max(0, first) : last]
    peak = float(np.abs(samples).max())
    if 0.0 < peak < _QUIET_PEAK:
        samples = samples * min(_MAX_GAIN, _QUIET_PEAK / peak)
    return np.pad(samples, (max(0, -first), max(0, last - len(clip.samples))))


def _piece(clip: Clip, frames: int) -> Clip:
    return Clip(clip.samples[: frames * FRAME_SAMPLES], clip.levels[:frames], clip.voiced[:frames], clip.end)


def _hear(engine: Moonshine, utterance: Utterance, clip: Clip, should_stop: Callable[[], bool]) -> str | None:
    """The text of one clip; None when stopped. Keeps the tokens as the draft of the next attempt."""
    if not is_speech(clip.samples, clip.levels, clip.voiced):
        return ""
    hypothesis = engine.transcribe(_trimmed(clip), utterance.draft, should_stop)
    if not hypothesis.stopped or len(hypothesis.tokens) > len(utterance.draft):
        utterance.draft = hypothesis.tokens
    return None if hypothesis.stopped else clean(hypothesis.text, hypothesis.overran)


def transcribe(
    engine: Moonshine, utterance: Utterance, should_stop: Callable[[], bool]
) -> tuple[str, Clip] | tuple[None, Clip]:
    """The text of the whole utterance so far and the clip it was read from; text None when stopped.

    Settles long pieces on the way, so that cost and memory do not grow with the utterance.
    """
    while True:
        clip = utterance.clip()
        frames = cut_point(clip.levels, clip.voiced)
        if frames is None:
            break
        text = _hear(engine, utterance, _piece(clip, frames), should_stop)
        if text is None:
            return None, clip
        utterance.settle(frames, text)
    tail = _hear(engine, utterance, clip, should_stop)
    return (None, clip) if tail is None else (utterance.whole_text(tail), clip)
