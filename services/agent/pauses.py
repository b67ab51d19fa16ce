"""Where the caller speaks and pauses, told as early as a window allows."""

from collections.abc import Iterator
from enum import Enum

import numpy as np
from livekit.local_inference import VAD, VAD_WINDOW_SAMPLES
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
_WINDOW_MS = 1000 * VAD_WINDOW_SAMPLES / SAMPLE_RATE_HZ
# Speech begins after two windows (64 ms) above the upper threshold; below the lower one a window counts as silence.
_SPEECH_PROBABILITY = 0.45
_SILENCE_PROBABILITY = 0.3
_SPEECH_WINDOWS = 2


class Mark(Enum):
    """A change in what the caller does."""

    SPEECH = "speech"
    PAUSE = "pause"


class PauseDetector:
    """Marks the beginning of speech and each pause in it.

    pause_ms: silence after which a pause is marked, once until speech is heard again.
    """

    def __init__(self, pause_ms: float) -> None:
        self._vad = VAD()
        self._pause_windows = max(1, round(pause_ms / _WINDOW_MS))
        self._rest = np.empty(0, np.int16)
        self._voiced = 0
        self._silent = 0
        self.speaking = False

    def push(self, samples: NDArray[np.int16]) -> Iterator[Mark]:
        """Takes mono 16 kHz samples and yields what changed."""
        pending = np.concatenate((self._rest, samples)) if self._rest.size else samples
        whole = pending.size - pending.size % VAD_WINDOW_SAMPLES
        for start in range(0, whole, VAD_WINDOW_SAMPLES):
            probability = self._vad.predict(pending[start : start + VAD_WINDOW_SAMPLES])
            if mark := self._step(probability):
                yield mark
        self._rest = pending[whole:]

    def _step(self, probability: float) -> Mark | None:
        if probability >= _SPEECH_PROBABILITY:
            self._voiced += 1
            if self.speaking:
                self._silent = 0
            elif self._voiced >= _SPEECH_WINDOWS:
                self.speaking, self._silent = True, 0
                return Mark.SPEECH
        elif probability < _SILENCE_PROBABILITY:
            self._voiced = 0
            self._silent += 1
            if self.speaking and self._silent >= self._pause_windows:
                self.speaking = False
                return Mark.PAUSE
        return None

    def close(self) -> None:
        """Frees the model's state."""
        self._vad.close()
