"""Custom engines: a profile names the class of such an engine as `package.module:Class`."""

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

PATH: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


class EngineNotFound(ValueError):
    """The class cannot be imported, or rejects the profile's options. The message says what to do."""


def made(path: str, options: Mapping[str, Any]) -> Any:
    """Import a class and call it with the profile's options. Raises EngineNotFound, or the class's own error."""
    module, _, name = path.partition(":")
    try:
        engine = getattr(import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise EngineNotFound(
            f"the profile names the engine {path!r}, which cannot be imported ({problem}): install its package into "
            "the environment of the speech server, or correct the name"
        ) from problem
    try:
        inspect.signature(engine).bind(**options)
    except TypeError as problem:
        raise EngineNotFound(
            f"the engine {path!r} cannot be made with the profile's options ({problem}): correct its table `options`"
        ) from problem
    return engine(**options)
