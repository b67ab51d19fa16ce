"""A stand-in: the product's server, in which the engine of one model raises or hangs as soon as a file says so.

`python -m tests.speech.faulty MODEL`; the file is `fault` in CALLBOX_DATA_DIR, its content a name of FAULTS.
"""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.inference.launcher import launch
from services.inference.profile import read_profile
from services.inference.settings import InferenceSettings
from services.inference.workspace import prepare

# What each adapter asks its engine to do.
STEPS = frozenset({"step", "embed"})
_MODEL = """import triton_python_backend_utils
from services.inference.adapters import {model}
from tests.speech.faulty import Faulty

class TritonPythonModel({model}.TritonPythonModel):
    def initialize(self, args):
        super().initialize(args)
        self._engine = Faulty(self._engine)
"""


def _raise() -> None:
    raise RuntimeError("the weights have turned to dust")


def _hang() -> None:
    time.sleep(3600)


def _hold() -> None:
    """Hangs like a pattern that backtracks: with Python's lock held, so that no other thread runs."""
    re.match("(a+)+$", "a" * 64 + "b")


FAULTS: dict[str, Callable[[], None]] = {"raise": _raise, "hang": _hang, "hold": _hold}


class Faulty:
    """An engine before which the fault comes."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._file = Path(os.environ["CALLBOX_DATA_DIR"]) / "fault"

    def __getattr__(self, name: str) -> Any:
        wanted = getattr(self._engine, name)
        if name in STEPS and self._file.is_file():
            FAULTS[self._file.read_text()]()
        return wanted


def main(model: str) -> None:
    """Never returns: becomes the server."""
    settings = InferenceSettings()
    workspace = prepare(read_profile(settings.inference_profile), settings.data_dir)
    (workspace.models / model / "1" / "model.py").write_text(_MODEL.format(model=model))
    launch(settings)


if __name__ == "__main__":
    main(sys.argv[1])
