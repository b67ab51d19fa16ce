"""Generates noises, each float32 [n] at 48 kHz with an arbitrary level, and mixes them with speech."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

RATE_HZ: Final = 48_000
Sound = NDArray[np.float32]

# Playback speeds that turn one voice into several others, by pitch and pace.
_VOICES: Final = (0.78, 0.86, 0.94, 1.07, 1.16, 1.27)
_KEYS_A_SECOND: Final = 6.0
_CARS_A_SECOND: Final = 0.35
# Audio this far below the loudest 20 ms is a pause and does not count for the level of speech.
_PAUSE_DB: Final = 35.0


def _shaped(noise: Sound, low_hz: float, high_hz: float, tilt_db_octave: float) -> Sound:
    """Noise between two frequencies that falls by tilt_db_octave dB with each octave."""
    spectrum = np.fft.rfft(noise)
    frequencies = np.fft.rfftfreq(len(noise), 1 / RATE_HZ)
    gain = np.zeros_like(frequencies)
    inside = (frequencies >= low_hz) & (frequencies <= high_hz)
    gain[inside] = 10 ** (-tilt_db_octave * np.log2(frequencies[inside] / low_hz) / 20)
    return np.asarray(np.fft.irfft(spectrum * gain, len(noise)), np.float32)


def white(length: int, chance: np.random.Generator) -> Sound:
    """White noise: equal power at every frequency."""
    return chance.standard_normal(length).astype(np.float32)


def street(length: int, chance: np.random.Generator) -> Sound:
    """Street noise: a constant rumble, and cars that pass."""
    at = np.arange(length) / RATE_HZ
    sound = _shaped(white(length, chance), 40, 4_000, 6)
    sound /= sound.std()
    tyres = _shaped(white(length, chance), 200, 6_000, 4)
    tyres /= tyres.std()
    passing = np.zeros(length, np.float32)
    for moment in chance.uniform(0, length / RATE_HZ, max(1, round(_CARS_A_SECOND * length / RATE_HZ))):
        passing += chance.uniform(1, 3) * np.exp(-0.5 * ((at - moment) / chance.uniform(0.4, 1.2)) ** 2)
    return np.asarray(sound + passing * tyres, np.float32)


def keyboard(length: int, chance: np.random.Generator) -> Sound:
    """Typing: a click at each press and release of a key, and a thump of the table at the press."""
    sound = np.zeros(length, np.float32)
    moments = np.cumsum(chance.exponential(1 / _KEYS_A_SECOND, round(2 * _KEYS_A_SECOND * length / RATE_HZ)))
    for moment in moments:
        for delay, strength, thump in ((0.0, 1.0, 0.6), (chance.uniform(0.06, 0.12), 0.45, 0.0)):
            start = int((moment + delay) * RATE_HZ)
            if start >= length:
                continue
            time = np.arange(min(int(0.05 * RATE_HZ), length - start)) / RATE_HZ
            click = np.diff(chance.standard_normal(len(time)), prepend=0.0) * np.exp(-time / 0.003)
            sound[start : start + len(time)] += chance.uniform(0.5, 1.0) * (
                strength * click + thump * np.sin(2 * np.pi * 160 * time) * np.exp(-time / 0.012)
            ).astype(np.float32)
    return sound


def babble(length: int, chance: np.random.Generator, speech: Sound) -> Sound:
    """Babble: several people at once, who all say different parts of `speech`."""
    sound = np.zeros(length, np.float32)
    for pace in _VOICES:
        voice = soxr.resample(speech, RATE_HZ * pace, RATE_HZ)
        voice = np.tile(np.roll(voice, -int(chance.integers(len(voice)))), length // len(voice) + 1)
        sound += chance.uniform(0.7, 1.0) * voice[:length]
    return sound


def speech_power(speech: Sound) -> float:
    """Mean square of the parts with speech."""
    frames = speech[: len(speech) // 960 * 960].reshape(-1, 960)
    powers = (frames.astype(np.float64) ** 2).mean(axis=1)
    return float(powers[powers > powers.max() * 10 ** (-_PAUSE_DB / 10)].mean())


def mixed(speech: Sound, noise: Sound, ratio_db: float) -> Sound:
    """Speech with noise at a ratio below the power of the parts with speech."""
    power = float((noise.astype(np.float64) ** 2).mean())
    scale = np.sqrt(speech_power(speech) / power * 10 ** (-ratio_db / 10))
    return np.asarray(speech + scale * noise, np.float32)


def ratio_db(reference: Sound, found: Sound, delay: int) -> float:
    """SI-SDR in dB of an output that is `delay` samples late; independent of its level; infinite without noise."""
    reference, found = reference[: len(reference) - delay].astype(np.float64), found[delay:].astype(np.float64)
    wanted = np.dot(found, reference) / np.dot(reference, reference) * reference
    noise = float(np.sum((found - wanted) ** 2))
    return math.inf if noise == 0.0 else 10 * math.log10(float(np.sum(wanted**2)) / noise)


def joined(parts: Sequence[Sound], gap_seconds: float) -> Sound:
    """The parts one after the other, with silence between."""
    gap = np.zeros(int(gap_seconds * RATE_HZ), np.float32)
    return np.concatenate([each for part in parts for each in (part, gap)])
