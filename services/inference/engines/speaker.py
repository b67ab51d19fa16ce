"""Resemblyzer's speaker encoder: turns a recording into an embedding of its speaker with 256 dimensions."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.torch_checkpoint import read_tensors
from services.inference.recognition.voicing import FRAME_SAMPLES, frame_levels, is_speech, voiced_frames

SAMPLE_RATE_HZ: Final = 16_000
DIMENSIONS: Final = 256

# As in training, by resemblyzer/hparams.py.
_WINDOW_SAMPLES: Final = 400
_HOP_SAMPLES: Final = 160
_BANDS: Final = 40
_PARTIAL_FRAMES: Final = 160
_LAYERS: Final = 3
# Loudness changes the embedding, so every recording is brought to this level. Of -35 to -20 dB, this level separates 14
# voices of Kokoro best.
_LEVEL_DB: Final = -27.0

# Distance between the starts of two partials: 1.3 partials a second, as the network's authors do.
_PARTIAL_STEP_FRAMES: Final = 77
# The last partial is left out if it has less than this share of its frames.
_MIN_COVERAGE: Final = 0.75
# Pauses up to this length are kept: they are part of how a person speaks.
_KEPT_PAUSE_FRAMES: Final = 9


# Shorter speech does not fill one partial.
_MIN_SPEECH_SAMPLES: Final = int(1.5 * SAMPLE_RATE_HZ)


class NoSpeech(ValueError):
    """The recording has no speech or too little of it; the message says which."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """One LSTM layer; gates in the order input, forget, cell, output."""

    inputs: NDArray[np.float32]
    states: NDArray[np.float32]
    bias: NDArray[np.float32]


class Speaker:
    """The encoder in numpy. `embed` is thread-safe."""

    def __init__(self) -> None:
        tensors = read_tensors(_weights(), "model_state")
        self._layers = [
            _Layer(
                np.ascontiguousarray(tensors[f"lstm.weight_ih_l{at}"].T),
                np.ascontiguousarray(tensors[f"lstm.weight_hh_l{at}"].T),
                tensors[f"lstm.bias_ih_l{at}"] + tensors[f"lstm.bias_hh_l{at}"],
            )
            for at in range(_LAYERS)
        ]
        self._weight = np.ascontiguousarray(tensors["linear.weight"].T)
        self._bias = tensors["linear.bias"]

    def embed(self, recordings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The speaker's embedding of each recording.

        recordings: float32 [n] at 16 kHz in -1..1. Returns float32 [k, DIMENSIONS] of length 1 and without negative
        values; the dot product of two is the similarity of the speakers. Raises: NoSpeech.
        """
        parts = [_partials(_spoken(samples)) for samples in recordings]
        directions = self._run(np.concatenate(parts))
        ends = np.cumsum([len(part) for part in parts])
        means = np.stack([rows.mean(axis=0) for rows in np.split(directions, ends[:-1])])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)

    def _run(self, mels: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [b, frames, bands] → float32 [b, DIMENSIONS] of length 1."""
        outputs = np.ascontiguousarray(mels.transpose(1, 0, 2))
        for layer in self._layers:
            outputs = _lstm(layer, outputs)
        raw = np.maximum(outputs[-1] @ self._weight + self._bias, 0.0)
        return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)


def _weights() -> Path:
    """The wheel's weights file. The package is not imported, because it needs PyTorch."""
    spec = importlib.util.find_spec("resemblyzer")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("resemblyzer is not installed: install the `inference` extra")
    return Path(spec.submodule_search_locations[0]) / "pretrained.pt"


def _lstm(layer: _Layer, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [frames, b, in] → float32 [frames, b, hidden]."""
    size = len(layer.states)
    driven = inputs @ layer.inputs + layer.bias
    hidden = np.zeros((inputs.shape[1], size), np.float32)
    cell = np.zeros_like(hidden)
    outputs = np.empty((len(inputs), *hidden.shape), np.float32)
    for at, gates in enumerate(driven):
        gates += hidden @ layer.states
        # sigmoid(x) = (1 + tanh(x / 2)) / 2: one tanh over all gates is faster than four calls.
        gates[:, : 2 * size] *= 0.5
        gates[:, 3 * size :] *= 0.5
        np.tanh(gates, out=gates)
        admit, keep, offer, show = np.split(gates, 4, axis=1)
        cell = 0.5 * ((keep + 1.0) * cell + (admit + 1.0) * offer)
        hidden = outputs[at]
        np.multiply(0.5 * (show + 1.0), np.tanh(cell), out=hidden)
    return outputs


def _spoken(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The recording at _LEVEL_DB and without its long pauses. Raises: NoSpeech."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    levels = frame_levels(frames)
    voiced = voiced_frames(levels)
    if not is_speech(samples, levels, voiced):
        raise NoSpeech("nobody speaks in the recording")
    near = np.convolve(voiced, np.ones(_KEPT_PAUSE_FRAMES), "same") > 0
    kept = frames[near].reshape(-1)
    if len(kept) < _MIN_SPEECH_SAMPLES:
        raise NoSpeech(f"only {len(kept) / SAMPLE_RATE_HZ:.1f} s of the recording are speech")
    level_db = 10.0 * np.log10(float(np.mean(kept**2)) + 1e-12)
    return np.asarray(kept * 10.0 ** ((_LEVEL_DB - level_db) / 20.0), np.float32)


def _partials(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [n] → float32 [b, _PARTIAL_FRAMES, _BANDS], pieces of 1.6 s that overlap by half."""
    frames = len(samples) // _HOP_SAMPLES + 1
    starts = list(range(0, max(1, frames - _PARTIAL_FRAMES + _PARTIAL_STEP_FRAMES), _PARTIAL_STEP_FRAMES))
    if len(starts) > 1 and frames - starts[-1] < _MIN_COVERAGE * _PARTIAL_FRAMES:
        starts.pop()
    needed = (starts[-1] + _PARTIAL_FRAMES) * _HOP_SAMPLES
    bands = _mel(np.pad(samples, (0, max(0, needed - len(samples)))))
    return np.stack([bands[start : start + _PARTIAL_FRAMES] for start in starts])


def _mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in mel bands: float32 [n] → float32 [n // hop + 1, _BANDS]."""
    padded = np.pad(samples, _WINDOW_SAMPLES // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::_HOP_SAMPLES]
    spectrum = np.fft.rfft(windows * _HANN, axis=1)
    return np.asarray((spectrum.real**2 + spectrum.imag**2) @ _FILTERS, np.float32)


def _hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale: linear below 1 kHz, 27 steps for each factor of 6.4 above."""
    return np.where(mels < 15.0, mels * 200.0 / 3.0, 1_000.0 * 6.4 ** ((mels - 15.0) / 27.0))


def _filters() -> NDArray[np.float64]:
    """Triangles of equal area from 0 to 8 kHz: float64 [bins, _BANDS]."""
    top = 15.0 + 27.0 * np.log(SAMPLE_RATE_HZ / 2 / 1_000.0) / np.log(6.4)
    edges = _hz(np.linspace(0.0, top, _BANDS + 2))
    bins = np.fft.rfftfreq(_WINDOW_SAMPLES, 1.0 / SAMPLE_RATE_HZ)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)) * 2.0 / (high - low))


# A periodic window, as is usual for spectrum analysis.
_HANN: Final = np.hanning(_WINDOW_SAMPLES + 1)[:-1]
_FILTERS: Final = _filters()
