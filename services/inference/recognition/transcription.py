"""Turns an utterance's audio into text, piece by piece when it is long."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.recogniser import Hypothesis, Speech
from services.inference.recognition.hallucinations import believed
from services.inference.recognition.utterance import Clip, Reading, Utterance, Word
from services.inference.recognition.voice_activity import has_voice
from services.inference.recognition.voicing import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE_HZ, is_speech

# A longer clip is cut at a real pause and its first piece is settled. A clip of this length takes 0.2 s on one core.
SOFT_PIECE_SECONDS: Final = 12.0
# A clip of this length is cut at its quietest place, even without a pause.
HARD_PIECE_SECONDS: Final = 22.0
_EARLIEST_CUT_SECONDS: Final = 5.0
_HARD_CUT_FROM_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.3
_QUIET_SECONDS: Final = 0.2

# Silence kept around the speech. Without it the model repeats or loses the first and last word.
_LEAD_SECONDS: Final = 0.2
_TAIL_SECONDS: Final = 0.5
# Quieter clips are amplified to this peak: engines misrecognise short words of a quiet caller.
_QUIET_PEAK: Final = 0.3
_MAX_GAIN: Final = 30.0

# Decoding stops after this time and the text so far is returned: a later answer is useless to the caller.
LIMIT_SECONDS: Final = 8.0


def _frames(seconds: float) -> int:
    return round(seconds / FRAME_SECONDS)


def cut_point(levels: NDArray[np.float32], voiced: NDArray[np.bool_]) -> int | None:
    """Where to cut the first piece of a long clip, in frames; None while the clip is short enough.

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


def _piece(clip: Clip, frames: int) -> Clip:
    cut = frames * FRAME_SAMPLES
    return Clip(clip.samples[:cut], clip.levels[:frames], clip.voiced[:frames], clip.start, clip.start + cut)


def _trimmed(clip: Clip) -> tuple[NDArray[np.float32], float]:
    """The speech of a clip with some silence around it, added where it is missing, and amplified if it is quiet.

    Returns (float32 [n], the second of the utterance at which it begins).
    """
    spoken = np.flatnonzero(clip.voiced)
    first = (int(spoken[0]) - _frames(_LEAD_SECONDS)) * FRAME_SAMPLES
    last = (int(spoken[-1]) + 1 + _frames(_TAIL_SECONDS)) * FRAME_SAMPLES
    samples = clip.samples[max(0, first) : last]
    peak = float(np.abs(samples).max())
    if 0.0 < peak < _QUIET_PEAK:
        samples = samples * min(_MAX_GAIN, _QUIET_PEAK / peak)
    padded = np.pad(samples, (max(0, -first), max(0, last - len(clip.samples))))
    return padded, (clip.start + first) / SAMPLE_RATE_HZ


class Transcription:
    """One transcription of an utterance so far. Loop: decode the clip from `speech`, `take` the result, until `over`.

    Settles the pieces of a long utterance on the way, so that cost and memory stay bounded. keyterms: see `Speech`.
    """

    def __init__(
        self,
        utterance: Utterance,
        unwanted: Callable[[], bool],
        keyterms: tuple[str, ...] = (),
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self.reading: Reading | None = None
        self.stopped = False
        self._utterance = utterance
        self._unwanted = unwanted
        self._deadline = time.monotonic() + limit_seconds
        self._keyterms = keyterms
        self._language = utterance.language
        self._frames: int | None = None
        self._offset = 0.0
        self.clip = utterance.clip()

    @property
    def over(self) -> bool:
        """Whether the transcription has finished, with or without a `reading`."""
        return self.stopped or self.reading is not None

    def speech(self) -> Speech | None:
        """The next clip to decode; None when there is none."""
        while not self.over:
            self.clip = clip = self._utterance.clip()
            self._frames = cut_point(clip.levels, clip.voiced)
            part = clip if self._frames is None else _piece(clip, self._frames)
            if is_speech(part.samples, part.levels, part.voiced):
                samples, self._offset = _trimmed(part)
                if not has_voice(samples):
                    self._heard("", ())
                    continue
                self._voiced_seconds = float(part.voiced.sum()) * FRAME_SECONDS
                heard = self._utterance
                return Speech(samples, heard.language, heard.draft, self._keyterms, heard.timed, self._should_stop)
            self._heard("", ())
        return None

    def _should_stop(self) -> bool:
        return self._unwanted() or time.monotonic() > self._deadline

    def take(self, hypothesis: Hypothesis) -> None:
        """Take the engine's result for the last clip from `speech`. Its tokens are the draft of the next reading."""
        if not hypothesis.stopped or len(hypothesis.tokens) > len(self._utterance.draft):
            self._utterance.draft = hypothesis.tokens
        if hypothesis.stopped and self._unwanted():
            self.stopped = True
            return
        self._language = hypothesis.language
        text = believed(hypothesis, self._voiced_seconds)
        words = tuple((word, start + self._offset, end + self._offset) for word, start, end in hypothesis.words)
        self._heard(text, words if text else ())

    def _heard(self, text: str, words: tuple[Word, ...]) -> None:
        if self._frames is None:
            self.reading = self._utterance.whole(text, words, self._language)
        else:
            self._utterance.settle(self._frames, text, words)
