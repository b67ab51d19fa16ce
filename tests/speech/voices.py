"""Recordings of voices, for tests that recognise a speaker or match a voice."""

from pathlib import Path

import numpy as np
import pytest_audioeval
import soundfile
import soxr
from numpy.typing import NDArray

from services.inference.engines.speaker import SAMPLE_RATE_HZ

Sound = NDArray[np.float32]
DEPLOY = Path(__file__).parents[2] / "deploy"


def sampled(name: str) -> Sound:
    """The shipped recording of a voice."""
    return _read(DEPLOY / "samples" / f"kokoro-{name.replace('_', '-')}.mp3")


def spoken_line(name: str) -> Sound:
    """The shipped line in which a voice says that there is trouble."""
    (path,) = (DEPLOY / "lines").glob(f"trouble-*-kokoro-{name.replace('_', '-')}-*.ogg")
    return _read(path)


def _read(path: Path) -> Sound:
    sound, rate_hz = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(sound, rate_hz, SAMPLE_RATE_HZ), np.float32)


def recorded_speaker(language: str) -> Sound:
    """All that one recorded speaker says in a language, in one piece."""
    folder = Path(next(iter(pytest_audioeval.__path__))) / "samples" / "audio" / language
    return np.concatenate([soundfile.read(path, dtype="float32")[0] for path in sorted(folder.glob("*.wav"))])


def tone(seconds: float) -> Sound:
    """A sine tone."""
    times = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return np.asarray(0.3 * np.sin(2 * np.pi * 220.0 * times), np.float32)
