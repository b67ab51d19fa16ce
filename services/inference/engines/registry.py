"""The engines of recognition by the names that profiles use."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from services.inference.engines import custom
from services.inference.engines.recogniser import Recogniser

# Imported when asked for, so that a server needs the packages of its own engines only.
_CLASSES: Final = {
    "moonshine": ("services.inference.engines.moonshine", "Moonshine", ("threads", "max_batch")),
    "whisper": ("services.inference.engines.whisper", "Whisper", ("threads", "workers", "max_batch", "device")),
}


def load(name: str, settings: Mapping[str, str]) -> tuple[Recogniser, int]:
    """An engine with its weights, and how many threads take batches for it.

    name: of the product's, or the path of an operator's own. settings: parameters of the model; those of the engine
    are named after it, `moonshine.workers`; those of an operator's own are in `options`.
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
