"""Detects speech and pauses in the caller's audio, window by window."""

from collections.abc import Iterator
from enum import Enum

import numpy as np
from livekit.local_inference import VAD, VAD_WINDOW_SAMPLES
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
WINDOW_SECONDS = VAD_WINDOW_SAMPLES / SAMPLE_RATE_HZ
# Speech begins with two windows in a row (64 ms) at or above the upper threshold. The turn's voice activity detection
# begins with the same two windows: otherwise an utterance would open that no end of speech flushes.
SPEECH_PROBABILITY = 0.5
SPEECH_WINDOWS = 2
# While the caller speaks, a window at or above the first is speech, and one below the second is silence.
_VOICED_PROBABILITY, _SILENCE_PROBABILITY = 0.45, 0.3
# The model still reports speech for a window or two after the last sound. In denoised audio the level shows silence
# earlier: 30 dB below the recent peak, which decays by half every 0.2 s.
_SILENCE_LEVEL = 0.03
_LOUDEST_DECAY = 0.9


class Windows:
    """Splits a caller's audio into windows of WINDOW_SECONDS and computes the probability of speech in each."""

    def __init__(self) -> None:
        self._vad = VAD()
        self._rest = np.empty(0, np.int16)
        self._loudest = 0.0

    def push(self, samples: NDArray[np.int16]) -> Iterator[float]:
        """Adds mono 16 kHz samples and yields the probability of speech, 0 to 1, of each complete window."""
        pending = np.concatenate((self._rest, samples)) if self._rest.size else samples
        whole = pending.size - pending.size % VAD_WINDOW_SAMPLES
        self._rest = pending[whole:]
        for start in range(0, whole, VAD_WINDOW_SAMPLES):
            window = pending[start : start + VAD_WINDOW_SAMPLES]
            probability = self._vad.predict(window)
            level = float(np.sqrt(np.mean(np.square(window, dtype=np.float32))))
            self._loudest = max(level, self._loudest * _LOUDEST_DECAY)
            yield probability if level > self._loudest * _SILENCE_LEVEL else 0.0

    def reset(self) -> None:
        """Drops the buffered audio and resets the model's state."""
        self._vad.reset()
        self._rest = np.empty(0, np.int16)
        self._loudest = 0.0

    def close(self) -> None:
        """Frees the model's state."""
        self._vad.close()


class Mark(Enum):
    """A change between speech and silence."""

    SPEECH = "speech"
    PAUSE = "pause"


class PauseDetector:
    """Marks the beginning of speech and each pause in it.

    pause_seconds: silence after which a pause is marked, once until speech is heard again.
    """

    def __init__(self, pause_seconds: float) -> None:
        self._windows = Windows()
        self._pause_windows = max(1, round(pause_seconds / WINDOW_SECONDS))
        self._voiced = 0
        self._silent = 0
        self.speaking = False

    def push(self, samples: NDArray[np.int16]) -> Iterator[Mark]:
        """Adds mono 16 kHz samples and yields the changes in them."""
        for probability in self._windows.push(samples):
            if mark := self._step(probability):
                yield mark

    def _step(self, probability: float) -> Mark | None:
        if not self.speaking:
            self._voiced = self._voiced + 1 if probability >= SPEECH_PROBABILITY else 0
            if self._voiced >= SPEECH_WINDOWS:
                self.speaking, self._silent = True, 0
                return Mark.SPEECH
        elif probability >= _VOICED_PROBABILITY:
            self._silent = 0
        elif probability < _SILENCE_PROBABILITY:
            self._silent += 1
            if self._silent >= self._pause_windows:
                self.speaking, self._voiced = False, 0
                return Mark.PAUSE
        return None

    def close(self) -> None:
        """Frees the model's state."""
        self._windows.close()
