"""The audio of one utterance while it is being spoken, and the part of its text that is already known."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.recognition.voicing import (
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_RATE_HZ,
    frame_levels,
    voiced_frames,
)

# Bound of the audio buffer. When workers are this far behind, the oldest audio is dropped.
MAX_UNSETTLED_SECONDS: Final = 60.0
# Audio kept before the first word; older silence is dropped.
LEAD_KEPT_SECONDS: Final = 0.5
_LEAD_CHECK_SECONDS: Final = 1.0

PARTIAL_INTERVAL_SECONDS: Final = 0.4
_PARTIAL_MIN_VOICED_FRAMES: Final = 10

# An answer stays valid while fewer voiced frames than this follow it.
_NEW_SPEECH_FRAMES: Final = 3
# A partial may be reused as the final when it covers at least this many frames after the last word.
_PARTIAL_TAIL_FRAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Clip:
    """A copy of the unsettled audio of an utterance.

    samples: float32 [n] at 16 kHz; levels: float32 [k] dB of its whole frames; voiced: bool [k];
    start, end: samples of the utterance before it and up to its end, settled and dropped ones included.
    """

    samples: NDArray[np.float32]
    levels: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    start: int
    end: int


Word = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """The recognised text of an utterance, its words with start and end in seconds, and its language."""

    text: str
    words: tuple[Word, ...]
    language: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """The reading of an utterance up to `end` samples."""

    reading: Reading
    end: int


class Utterance:
    """One utterance: bounded audio, settled text, the last answer. Thread-safe.

    language, keyterms, timed: see `Speech`; set before the first clip is decoded and not changed afterwards.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.language = "en"
        self.keyterms: tuple[str, ...] = ()
        self.timed = False
        self.draft: tuple[int, ...] = ()
        self.partial_pending = False
        self._lock = threading.Lock()  # guards everything below
        self._samples: NDArray[np.float32] = np.empty(4 * SAMPLE_RATE_HZ, np.float32)
        self._count = 0
        self._levels: NDArray[np.float32] = np.empty(0, np.float32)
        self._received = 0
        self._settled: list[str] = []
        self._words: list[Word] = []
        self._answer: _Answer | None = None
        self._partial_end = 0
        self._urgent = 0
        self._over = False

    def append(self, samples: NDArray[np.float32]) -> None:
        """Add float32 [n] at 16 kHz in -1..1."""
        with self._lock:
            needed = self._count + len(samples)
            if needed > len(self._samples):
                self._samples = np.resize(self._samples, max(needed, 2 * len(self._samples)))
            self._samples[self._count : needed] = samples
            self._count = needed
            self._received += len(samples)
            whole = self._count // FRAME_SAMPLES
            fresh = self._samples[len(self._levels) * FRAME_SAMPLES : whole * FRAME_SAMPLES]
            if len(fresh):
                levels = frame_levels(fresh.reshape(-1, FRAME_SAMPLES))
                self._levels = np.concatenate([self._levels, levels])
            self._bound()

    def _bound(self) -> None:
        if self._count > MAX_UNSETTLED_SECONDS * SAMPLE_RATE_HZ:
            self._drop(int(MAX_UNSETTLED_SECONDS / 6 / FRAME_SECONDS))
        silent_frames = int(_LEAD_CHECK_SECONDS / FRAME_SECONDS)
        if len(self._levels) >= silent_frames and not voiced_frames(self._levels).any():
            self._drop(len(self._levels) - int(LEAD_KEPT_SECONDS / FRAME_SECONDS))

    def _drop(self, frames: int) -> None:
        cut = frames * FRAME_SAMPLES
        self._samples[: self._count - cut] = self._samples[cut : self._count].copy()
        self._count -= cut
        self._levels = self._levels[frames:]

    def clip(self) -> Clip:
        """A copy of the audio that is unsettled now."""
        with self._lock:
            levels = self._levels
            start = self._received - self._count
            return Clip(self._samples[: self._count].copy(), levels, voiced_frames(levels), start, self._received)

    def settle(self, frames: int, text: str, words: tuple[Word, ...]) -> None:
        """Take `text` as final for the first `frames` frames and drop their audio."""
        with self._lock:
            self._drop(min(frames, len(self._levels)))
            if text:
                self._settled.append(text)
                self._words.extend(words)
            self.draft = ()

    def whole(self, tail: str, words: tuple[Word, ...], language: str) -> Reading:
        """The settled text followed by `tail`, as one reading."""
        with self._lock:
            text = " ".join([*self._settled, tail] if tail else self._settled)
            return Reading(text, (*self._words, *words), language)

    def _voiced_after(self, end: int) -> int:
        """How many voiced frames were received after `end` samples of the utterance."""
        first = len(self._levels) - (self._received - end) // FRAME_SAMPLES
        return int(voiced_frames(self._levels)[max(0, first) :].sum())

    def partial_due(self) -> bool:
        """Whether enough new speech has come since the last partial, and no partial is under way."""
        with self._lock:
            if self.partial_pending or self._over:
                return False
            if self._received - self._partial_end < PARTIAL_INTERVAL_SECONDS * SAMPLE_RATE_HZ:
                return False
            return self._voiced_after(self._partial_end) >= _PARTIAL_MIN_VOICED_FRAMES

    def partial_done(self, end: int) -> None:
        """Note that a partial for the audio up to `end` samples has been sent or dropped."""
        with self._lock:
            self.partial_pending = False
            self._partial_end = max(self._partial_end, end)

    def remember(self, reading: Reading, clip: Clip, firm: bool) -> None:
        """Keep an answer for reuse; a partial's only when it covers the silence after the last word."""
        trailing = len(clip.voiced) - int(np.flatnonzero(clip.voiced)[-1]) - 1 if clip.voiced.any() else 0
        if not firm and trailing < _PARTIAL_TAIL_FRAMES:
            return
        with self._lock:
            self._answer = _Answer(reading, clip.end)

    def standing_answer(self) -> Reading | None:
        """The last answer if no speech has come since, else None."""
        with self._lock:
            if self._answer is None or self._voiced_after(self._answer.end) >= _NEW_SPEECH_FRAMES:
                return None
            return self._answer.reading

    @property
    def seconds(self) -> float:
        """Length of the audio received."""
        with self._lock:
            return self._received / SAMPLE_RATE_HZ

    def urge(self, change: int) -> None:
        """Count a snapshot or final that waits (+1) or was answered (-1). Partials are dropped while one waits."""
        with self._lock:
            self._urgent += change

    def end(self) -> None:
        """End the utterance: no more audio is added and no more partials are made."""
        with self._lock:
            self._over = True

    @property
    def partial_unwanted(self) -> bool:
        """Whether a partial should be dropped: the utterance has ended, or a snapshot or final waits."""
        with self._lock:
            return self._drops_partials

    def send_partial(self, send: Callable[[], object]) -> bool:
        """Calls `send` unless the partial should be dropped; whether it did.

        `end` waits for it, so that no partial follows the final.
        """
        with self._lock:
            if self._drops_partials:
                return False
            send()
            return True

    @property
    def _drops_partials(self) -> bool:
        return self._over or self._urgent > 0
