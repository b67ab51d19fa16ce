"""Lines for the caller to speak: text or sound files as 48 kHz samples."""

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from caller.waveform import RATE_HZ, Samples, segments_of, trimmed

if TYPE_CHECKING:
    from hibari import Hibari

# Seed of the synthesis: the same text always gives the same samples.
SEED = 20
MAX_FILE_SECONDS = 120.0


class SpeechError(Exception):
    """A line could not be made; the message says why and what to do."""


@dataclass(frozen=True)
class Line:
    """One line.

    said: the text or the name of the file. samples: int16 [n], mono, `RATE_HZ`.
    """

    said: str
    samples: Samples


def from_text(text: str) -> Line:
    """Synthesises a line without silence at its ends. Raises: SpeechError."""
    voice = _voice()
    wave = voice(text, seed=SEED)
    samples = trimmed(_resampled(wave, voice.sample_rate))
    if not samples.size:
        raise SpeechError(f"There is nothing to pronounce in {text!r}. Give --say some English words.")
    return Line(text, samples)


def from_file(path: Path) -> Line:
    """Reads a sound file of any rate and number of channels. Raises: SpeechError."""
    import soundfile

    try:
        wave, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as fault:
        raise SpeechError(
            f"{path} cannot be read as sound ({fault}). Give --wav a WAV, FLAC, OGG or MP3 file."
        ) from None
    if wave.shape[0] > MAX_FILE_SECONDS * rate_hz:
        raise SpeechError(
            f"{path} is longer than {MAX_FILE_SECONDS:.0f} s. Cut it into lines and give --wav several times."
        )
    samples = _resampled(wave.mean(axis=1), rate_hz)
    if not segments_of(samples):
        raise SpeechError(f"There is no audible sound in {path}. Record it again, louder.")
    return Line(path.name, samples)


def with_pauses(samples: Samples, longest_seconds: float) -> Samples:
    """Shortens every pause in a recording to at most `longest_seconds`."""
    segments = segments_of(samples)
    keep, cursor = [], 0
    for before, after in itertools.pairwise(segments):
        excess = after.start - before.end - longest_seconds
        if excess > 0:
            middle = round((before.end + longest_seconds / 2) * RATE_HZ)
            keep.append(samples[cursor:middle])
            cursor = middle + round(excess * RATE_HZ)
    return np.concatenate([*keep, samples[cursor:]])


@functools.cache
def _voice() -> "Hibari":
    from hibari import Hibari

    return Hibari(threads=1)


def _resampled(wave: npt.NDArray[np.float32], rate_hz: int) -> Samples:
    import soxr

    full = soxr.resample(wave, rate_hz, RATE_HZ)
    samples: Samples = (np.clip(full, -1.0, 1.0) * 32767.0).astype(np.int16)
    return samples
