"""What the fake microphone says."""

from pathlib import Path

import numpy as np
from hibari import SAMPLE_RATE, Hibari, write_wav

# Chromium plays the file from the moment the microphone opens; by then the greeting has been spoken.
LEAD_SECONDS = 12.0
# Silence in which the end of the turn is found.
TAIL_SECONDS = 2.0


def write_speech(text: str, path: Path) -> Path:
    """Writes `text` as a 24 kHz mono WAV between silences; returns its path."""
    spoken = np.asarray(Hibari()(text, seed=1), dtype=np.float32)
    lead, tail = (np.zeros(int(SAMPLE_RATE * seconds), dtype=np.float32) for seconds in (LEAD_SECONDS, TAIL_SECONDS))
    write_wav(str(path), np.concatenate([lead, spoken, tail]))
    return path
