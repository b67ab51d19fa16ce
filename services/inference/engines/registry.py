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


def load(name: str, settings: Mapping[str, str]) -> tuple[Recogniser, int, int]:
    """Load an engine with its weights. Also returns the number of its worker threads and of clips in a partial batch.

    name: a built-in engine, or the path of a custom one. settings: the model's parameters; a built-in engine's have its
    name as prefix (`moonshine.workers`); a custom engine's are in `options`.
    """
    if custom.PATH.fullmatch(name):
        given = {"workers": 1, "max_partial_batch": 1, **json.loads(settings["options"]).get(name, {})}
        workers, max_partial_batch = int(given.pop("workers")), int(given.pop("max_partial_batch"))
        return custom.made(name, given), workers, max_partial_batch
    module, class_name, options = _CLASSES[name]
    values = {key: settings[f"{name}.{key}"] for key in options}
    engine: Recogniser = getattr(import_module(module), class_name)(
        **{key: int(value) if value.isdecimal() else value for key, value in values.items()}
    )
    return engine, int(settings[f"{name}.workers"]), int(settings[f"{name}.max_partial_batch"])
