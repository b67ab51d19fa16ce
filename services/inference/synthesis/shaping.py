"""Trims, fades and levels synthesised speech: no leading silence, short pauses, no clicks, no clipping."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEP_SECONDS: Final = 0.005
# Weak first sounds ("f", "h") are just above this level; the engine's silence is 90 dB below it.
_ONSET_DB: Final = -48.0
_END_DB: Final = -50.0
_LEAD_SECONDS: Final = 0.005
_TAIL_SECONDS: Final = 0.020
_FADE_IN_SECONDS: Final = 0.003
_FADE_OUT_SECONDS: Final = 0.015
# -1 dB of full scale: the headroom of EBU R128 for overshoot of codecs and resampling.
_MAX_PEAK: Final = 0.891


def shaped(samples: NDArray[np.float32], rate_hz: int, pause_ms: int, gain_db: float = 0.0) -> NDArray[np.int16]:
    """One piece of speech without the silence around it, with the gain applied and a pause after it.

    samples: float32 [n] in -1..1. The gain is limited so that the peak stays below -1 dB of full scale. Returns
    int16 [m]; empty when the piece has no sound.
    """
    step = int(_STEP_SECONDS * rate_hz)
    count = len(samples) // step
    if count == 0:
        return np.zeros(0, np.int16)
    power = np.mean(samples[: count * step].reshape(count, step) ** 2, axis=1)
    levels = 10.0 * np.log10(np.maximum(power, 1e-12))
    onset, end = np.flatnonzero(levels > _ONSET_DB), np.flatnonzero(levels > _END_DB)
    if len(onset) == 0:
        return np.zeros(0, np.int16)
    first = max(0, int(onset[0]) * step - int(_LEAD_SECONDS * rate_hz))
    last = min(len(samples), (int(end[-1]) + 1) * step + int(_TAIL_SECONDS * rate_hz))
    sound = samples[first:last]
    sound = sound * min(10.0 ** (gain_db / 20.0), _MAX_PEAK / max(float(np.abs(sound).max()), 1e-6))
    fade_in, fade_out = int(_FADE_IN_SECONDS * rate_hz), int(_FADE_OUT_SECONDS * rate_hz)
    if len(sound) > fade_in + fade_out:
        sound[:fade_in] *= np.linspace(0.0, 1.0, fade_in, dtype=np.float32)
        sound[-fade_out:] *= np.linspace(1.0, 0.0, fade_out, dtype=np.float32)
    pcm = np.round(sound * 32767.0).astype(np.int16)
    return np.concatenate([pcm, np.zeros(pause_ms * rate_hz // 1000, np.int16)])
