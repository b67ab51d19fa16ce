"""Engines of an operator's own: a profile names them by where they are, `package.module:Class`."""

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

PATH: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


class EngineNotFound(ValueError):
    """There is no such class, or it does not take what the profile says; the message says what to do."""


def made(path: str, options: Mapping[str, Any]) -> Any:
    """The class at a path, called with the profile's options. Raises EngineNotFound, and whatever the class raises."""
    module, _, name = path.partition(":")
    try:
        engine = getattr(import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise EngineNotFound(
            f"the profile names the engine {path!r}, which cannot be imported ({problem}): install its package into "
            "the environment of the speech server, or mend the name"
        ) from problem
    try:
        inspect.signature(engine).bind(**options)
    except TypeError as problem:
        raise EngineNotFound(
            f"the engine {path!r} cannot be made with the options of the profile ({problem}): mend its table `options`"
        ) from problem
    return engine(**options)
