"""What the fake microphone says."""

from functools import cache
from pathlib import Path

import numpy as np
from hibari import SAMPLE_RATE, Hibari, write_wav
from numpy.typing import NDArray

# Chromium plays the file from the moment the microphone opens; by then the greeting has been spoken.
LEAD_SECONDS = 10.0
# Silence in which the end of the turn is found.
TAIL_SECONDS = 2.0


def write_speech(path: Path, lines: dict[float, str]) -> Path:
    """Writes a 24 kHz mono WAV in which each line begins at its second; returns its path."""
    spoken = {int(at * SAMPLE_RATE): _spoken(text) for at, text in lines.items()}
    end = max(start + len(samples) for start, samples in spoken.items())
    sound = np.zeros(end + int(TAIL_SECONDS * SAMPLE_RATE), dtype=np.float32)
    for start, samples in spoken.items():
        sound[start : start + len(samples)] = samples
    write_wav(str(path), sound)
    return path


@cache
def _spoken(text: str) -> NDArray[np.float32]:
    return np.asarray(Hibari()(text, seed=1), dtype=np.float32)
