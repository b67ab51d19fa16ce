"""The log-mel spectrogram that Whisper was trained on: 80 bands, a frame every 10 ms."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000
BANDS: Final = 80
FRAME_SAMPLES: Final = 160
FRAMES_PER_SECOND: Final = SAMPLE_RATE_HZ // FRAME_SAMPLES
_WINDOW_SAMPLES: Final = 400
_FLOOR: Final = 1e-10
# Values are limited to this many powers of ten below the loudest value of the clip.
_RANGE: Final = 8.0

# Slaney's mel scale: linear to 1 kHz, logarithmic above.
_HZ_PER_MEL: Final = 200.0 / 3
_KNEE_HZ: Final = 1_000.0
_KNEE_MEL: Final = _KNEE_HZ / _HZ_PER_MEL
_LOG_STEP: Final = np.log(6.4) / 27.0


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    curved = _KNEE_HZ * np.exp(_LOG_STEP * (mels - _KNEE_MEL))
    return np.where(mels < _KNEE_MEL, mels * _HZ_PER_MEL, curved)


def _filters() -> NDArray[np.float32]:
    """Triangles of equal area from 0 to 8 kHz: float32 [BANDS, _WINDOW_SAMPLES // 2 + 1]."""
    top_mel = _KNEE_MEL + np.log(SAMPLE_RATE_HZ / 2 / _KNEE_HZ) / _LOG_STEP
    edges = _hertz(np.linspace(0.0, top_mel, BANDS + 2))
    bins = np.fft.rfftfreq(_WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.asarray(np.maximum(triangles, 0.0) * 2.0 / (high - low), np.float32)


_BANKS: Final = _filters()
_WINDOW: Final = np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


def log_mel(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """The spectrogram of a clip followed by silence.

    samples: float32 [n] at SAMPLE_RATE_HZ in -1..1; frames: length of the result, at least n / FRAME_SAMPLES.
    Returns float32 [BANDS, frames]. The silence is filled in without computing its transform.
    """
    half = _WINDOW_SAMPLES // 2
    heard = min(frames, (len(samples) + half) // FRAME_SAMPLES + 1)
    room = (heard - 1) * FRAME_SAMPLES + half - len(samples)
    padded = np.pad(np.pad(samples, (0, max(1, room))), (half, 0), "reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[: heard * FRAME_SAMPLES : FRAME_SAMPLES]
    spectrum = np.fft.rfft(windows * _WINDOW, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    levels = np.log10(np.maximum(_BANKS @ power.T, _FLOOR))
    floor = levels.max() - _RANGE
    result = np.full((BANDS, frames), max(floor, np.log10(_FLOOR)), np.float32)
    result[:, : levels.shape[1]] = np.maximum(levels, floor)
    return np.asarray((result + 4.0) / 4.0, np.float32)
