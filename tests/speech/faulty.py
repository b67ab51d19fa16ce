"""A stand-in: the product's server, in which the engine of a model raises or hangs as soon as a file says so.

`python -m tests.speech.faulty`; the file is `fault-MODEL` in CALLBOX_DATA_DIR, its content a name of FAULTS.
"""

import functools
import importlib
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from services.inference.launcher import launch
from services.inference.profile import read_profile
from services.inference.settings import InferenceSettings
from services.inference.workspace import prepare

# What each adapter asks an engine to do: module and class of the engine, and the method.
STEPS = {
    "stt": ("moonshine", "Moonshine", "decode"),
    "tts": ("hibari", "Hibari", "sounds"),
    "denoise": ("deepfilternet", "DeepFilterNet", "step"),
}
_MODEL = """import triton_python_backend_utils
from services.inference.adapters.{model} import TritonPythonModel
from tests.speech.faulty import spoil

spoil("{model}")
"""


def _raise() -> None:
    raise RuntimeError("the weights have turned to dust")


def _hang() -> None:
    time.sleep(3600)


def _hold() -> None:
    """Hangs like a pattern that backtracks: with Python's lock held, so that no other thread runs."""
    re.match("(a+)+$", "a" * 64 + "b")


FAULTS: dict[str, Callable[[], None]] = {"raise": _raise, "hang": _hang, "hold": _hold}


def fault_file(model: str) -> Path:
    """Where the fault of a model is named, in the folder of the process that asks."""
    return Path(os.environ["CALLBOX_DATA_DIR"]) / f"fault-{model}"


def spoil(model: str) -> None:
    """From now on the fault of the file comes before each step of the model's engine."""
    module, name, method = STEPS[model]
    engine = getattr(importlib.import_module(f"services.inference.engines.{module}"), name)
    step = getattr(engine, method)

    @functools.wraps(step)
    def spoiled(*arguments: Any) -> Iterator[Any]:
        if fault_file(model).is_file():
            FAULTS[fault_file(model).read_text()]()
        yield from step(*arguments)

    setattr(engine, method, spoiled)


def main() -> None:
    """Never returns: becomes the server."""
    settings = InferenceSettings()
    profile = read_profile(settings.inference_profile)
    workspace = prepare(profile, settings.data_dir)
    for model in STEPS.keys() & set(profile.models):
        (workspace.models / model / "1" / "model.py").write_text(_MODEL.format(model=model))
    launch(settings)


if __name__ == "__main__":
    main()
