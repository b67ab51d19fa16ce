"""Which parts of an utterance are speech, judged by level, steadiness and pitch."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000
FRAME_SAMPLES: Final = 320
FRAME_SECONDS: Final = FRAME_SAMPLES / SAMPLE_RATE_HZ

# In-band level below which no frame counts as speech; a quiet caller on a laptop speaks at about -45 dB.
SILENCE_DB: Final = -58.0
# Speech swings by 20 dB and more from frame to frame; hum, fans and tones stay within this.
STEADY_SPREAD_DB: Final = 6.0
ABOVE_FLOOR_DB: Final = 9.0
BELOW_PEAK_DB: Final = 35.0
_STEADY_MIN_FRAMES: Final = 15

# The shortest word ("a", "no" cut short) is voiced for longer than this; clicks and lip noise are not.
MIN_SPEECH_FRAMES: Final = 6
# Shorter sounds count as words only if they have the pitch of a voice: a cough has not.
SHORT_SPEECH_FRAMES: Final = 30
_PITCH_MIN_LAG: Final = 40
_PITCH_MAX_LAG: Final = 230
_PITCH_STRENGTH: Final = 0.45
_PITCH_MIN_FRAMES: Final = 2

_LOW_BIN: Final = 4
_HIGH_BIN: Final = 76
_WINDOW: Final[NDArray[np.float32]] = np.hanning(FRAME_SAMPLES).astype(np.float32)
_SCALE: Final = 2.0 / (FRAME_SAMPLES * float(np.sum(_WINDOW**2)))


def frame_levels(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each frame between 200 and 3,800 Hz.

    frames: float32 [k, FRAME_SAMPLES] at 16 kHz in -1..1. Returns float32 [k] in dB full scale, at least -120.
    """
    spectrum = np.fft.rfft(frames * _WINDOW, axis=1)[:, _LOW_BIN:_HIGH_BIN]
    power = np.sum(spectrum.real**2 + spectrum.imag**2, axis=1) * _SCALE
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-12)), np.float32)


def _low(levels: NDArray[np.float32], share: float) -> float:
    index = int(share * (len(levels) - 1))
    return float(np.partition(levels, index)[index])


def _peak(levels: NDArray[np.float32]) -> float:
    if len(levels) < 3:
        return float(levels.max())
    stacked = np.stack([levels[:-2], levels[1:-1], levels[2:]])
    return float(np.median(stacked, axis=0).max())


def voiced_frames(levels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which frames are as far above the background as speech is.

    levels: float32 [k] of `frame_levels`. Returns bool [k]; all false for silence and for any steady sound.
    """
    nothing = np.zeros(len(levels), np.bool_)
    if len(levels) == 0:
        return nothing
    floor, peak = _low(levels, 0.1), _peak(levels)
    if peak < SILENCE_DB:
        return nothing
    if len(levels) >= _STEADY_MIN_FRAMES and peak - floor < STEADY_SPREAD_DB:
        return nothing
    threshold = max(SILENCE_DB, min(floor + ABOVE_FLOOR_DB, peak - STEADY_SPREAD_DB), peak - BELOW_PEAK_DB)
    return np.asarray(levels >= threshold)


def _pitched(samples: NDArray[np.float32], voiced: NDArray[np.bool_]) -> bool:
    """Whether at least two voiced stretches of 40 ms have the pitch of a voice (70 to 400 Hz)."""
    found = 0
    for index in np.flatnonzero(voiced):
        clip = samples[index * FRAME_SAMPLES : (index + 2) * FRAME_SAMPLES]
        if len(clip) < 2 * FRAME_SAMPLES:
            break
        clip = clip - clip.mean()
        power = np.abs(np.fft.rfft(clip, 4 * FRAME_SAMPLES)) ** 2
        echo = np.fft.irfft(power)[: _PITCH_MAX_LAG + 1]
        if echo[0] <= 0:
            continue
        # The overlap shrinks with the lag; without this correction the strength of a low voice is too small.
        lags = np.arange(_PITCH_MIN_LAG, _PITCH_MAX_LAG + 1)
        strength = echo[lags] / echo[0] * (len(clip) / (len(clip) - lags))
        found += bool(strength.max() > _PITCH_STRENGTH)
        if found >= _PITCH_MIN_FRAMES:
            return True
    return False


def _longest(voiced: NDArray[np.bool_]) -> int:
    """Length of the longest run of voiced frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], voiced, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def is_speech(samples: NDArray[np.float32], levels: NDArray[np.float32], voiced: NDArray[np.bool_]) -> bool:
    """Whether a clip contains speech, and not only silence, a click, typing, a tone or a hum.

    samples: float32 [n] at 16 kHz; levels, voiced: one value for each frame of the samples.
    """
    count = int(voiced.sum())
    if count < MIN_SPEECH_FRAMES:
        return False
    if count < SHORT_SPEECH_FRAMES:
        return _pitched(samples, voiced)
    if _longest(voiced) < SHORT_SPEECH_FRAMES and not _pitched(samples, voiced):
        return False
    heard = levels[voiced]
    return _low(heard, 0.95) - _low(heard, 0.1) >= STEADY_SPREAD_DB / 2
