"""Sounds that the tests play, and how what was heard is compared."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest_audioeval
import soundfile
import soxr
from jiwer import cer, wer
from numpy.typing import NDArray

from services.inference.engines.hibari import Hibari
from services.inference.engines.phonemes.reader import ENGLISH, Reader
from services.inference.synthesis.speech import Speaker

SAMPLES = Path(next(iter(pytest_audioeval.__path__))) / "samples" / "audio"


def at_16k(samples: NDArray[np.generic], rate_hz: int) -> NDArray[np.float32]:
    """Mono float32 at 16 kHz."""
    values = samples.astype(np.float32)
    if samples.dtype == np.int16:
        values /= 32768.0
    if values.ndim == 2:
        values = values.mean(axis=1)
    return np.asarray(soxr.resample(values, rate_hz, 16_000), np.float32)


def recorded(name: str, language: str = "en") -> tuple[NDArray[np.float32], str]:
    """A recorded sentence at 16 kHz and its text."""
    path = SAMPLES / language / f"{name}.wav"
    samples, rate_hz = soundfile.read(path, dtype="float32")
    return at_16k(samples, rate_hz), path.with_suffix(".txt").read_text().strip()


@cache
def _speaker() -> Speaker:
    return Speaker([Hibari(Reader([ENGLISH]))], "heart")


@cache
def said(text: str) -> NDArray[np.float32]:
    """The text spoken, at 16 kHz, with a third of a second of silence before it."""
    pcm = np.concatenate(list(_speaker().order(text)))
    return np.concatenate([silence(0.3), at_16k(pcm, 24_000)])


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(int(seconds * 16_000), np.float32)


_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {str(value): word for value, word in enumerate(_WORDS)}


def _plain(text: str) -> str:
    words = re.sub(r"[^\w\s']", " ", text.lower()).split()
    spelled = (" ".join(word) if word.isdecimal() and word not in _NUMBERS else word for word in words)
    return " ".join(_NUMBERS.get(word, word) for word in " ".join(spelled).split())


def error_rate(expected: str, heard: str) -> float:
    """Word error rate without regard to case, punctuation and how small numbers are written."""
    return float(wer(_plain(expected), _plain(heard) or "nothing"))


def letters(text: str) -> str:
    """The letters and digits alone, in lower case; vowel signs of Devanagari are letters, too."""
    return "".join(character for character in text.lower() if character.isalnum() or "\u0900" <= character <= "\u097f")


def letter_error_rate(expected: str, heard: str) -> float:
    """Character error rate of the letters: for scripts without blanks, and where words are often divided wrongly."""
    return float(cer(letters(expected), letters(heard)))
