"""The recognition engines, by their names in a profile."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from services.inference.engines import custom
from services.inference.engines.recogniser import Recogniser

# Imported when needed, so that a server needs only the packages of its own engines.
_CLASSES: Final = {
    "moonshine": ("services.inference.engines.moonshine", "Moonshine", ("threads", "max_batch")),
    "whisper": ("services.inference.engines.whisper", "Whisper", ("threads", "workers", "max_batch", "device")),
}


def load(name: str, settings: Mapping[str, str]) -> tuple[Recogniser, int]:
    """Load an engine with its weights. Also returns the number of its worker threads.

    name: a built-in engine, or the path of a custom one. settings: the model's parameters; a built-in engine's have its
    name as prefix (`moonshine.workers`); a custom engine's are in `options`.
    """
    if custom.PATH.fullmatch(name):
        given = {"workers": 1, **json.loads(settings["options"]).get(name, {})}
        workers = int(given.pop("workers"))
        return custom.made(name, given), workers
    module, class_name, options = _CLASSES[name]
    values = {key: settings[f"{name}.{key}"] for key in options}
    engine: Recogniser = getattr(import_module(module), class_name)(
        **{key: int(value) if value.isdecimal() else value for key, value in values.items()}
    )
    return engine, int(settings[f"{name}.workers"])
