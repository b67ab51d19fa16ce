"""Compares the word errors of two recognition engines on the same clips."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from bench.languages import heard
from bench.sentences import ENGLISH
from bench.speaker import own_speaker
from bench.speaker import spoken as spoken_by
from bench.words import errors_and_words
from services.inference.engines.recogniser import SAMPLE_RATE_HZ, Recogniser, Speech
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ as SPOKEN_RATE_HZ

# Voices of both synthesis engines and both accents, deep and high.
_VOICES: Final = ("heart", "af_bella", "am_michael", "bm_george")
_NOISE_LEVELS: Final = (0.005, 0.01, 0.02, 0.03)
# Rounding alone changes single words, so a difference of a few words in a thousand clips is not significant.
_ROUNDS: Final = 4


@dataclass(frozen=True)
class Spoken:
    """A spoken sentence: text and float32 [n] at 16 kHz."""

    text: str
    samples: NDArray[np.float32]


def spoken(sentences: Sequence[str], voices: Sequence[str] = _VOICES[:1]) -> list[Spoken]:
    """Every sentence, spoken by every voice."""
    made = []
    with own_speaker(threads=2) as speaker:
        for text, voice in itertools.product(sentences, voices):
            sound = spoken_by(speaker, text, voice)
            samples = np.asarray(soxr.resample(sound, SPOKEN_RATE_HZ, SAMPLE_RATE_HZ), np.float32)
            loud = np.flatnonzero(np.abs(samples) > 0.01)
            made.append(Spoken(text, samples[loud[0] : loud[-1] + 1]))
    return made


def in_noise(said: Sequence[Spoken]) -> list[Spoken]:
    """All sentences, clean and in white noise at several levels, in mixed order."""
    chance = np.random.default_rng(0)
    clips = [*said]
    for level in _NOISE_LEVELS * _ROUNDS:
        clips += [
            Spoken(each.text, each.samples + chance.normal(0, level, len(each.samples)).astype(np.float32))
            for each in said
        ]
    return [clips[place] for place in chance.permutation(len(clips))]


def errors(engine: Recogniser, clips: Sequence[Spoken]) -> list[int]:
    """Word errors of each clip, decoded in batches of the engine's largest size."""
    found = heard(engine, [Speech(each.samples) for each in clips], engine.max_batch)
    return [errors_and_words(clip.text, each.text)[0] for clip, each in zip(clips, found, strict=True)]


def compared(batched: Recogniser, plain: Recogniser) -> str:
    """A sentence with the word errors of both engines, and how often each was better."""
    clips = in_noise(spoken(ENGLISH, _VOICES))
    words = sum(errors_and_words(each.text, each.text)[1] for each in clips)
    ours, theirs = errors(batched, clips), errors(plain, clips)
    better = sum(mine < other for mine, other in zip(ours, theirs, strict=True))
    worse = sum(mine > other for mine, other in zip(ours, theirs, strict=True))
    return (
        f"word errors in {len(clips)} clips of {len(_VOICES)} voices, clean and in noise, {words} words: "
        f"batched {sum(ours)} ({sum(ours) / words:.2%}), plain {sum(theirs)} ({sum(theirs) / words:.2%}); "
        f"batched has fewer in {better} clips and more in {worse}"
    )
