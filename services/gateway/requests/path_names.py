"""Names of things as they stand in paths, queries and bodies."""

import re
from typing import Annotated

from fastapi import Path

from services.kit.errors import not_found

# Slugs and every identity that Callbox gives out.
PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_NAME = re.compile(PATTERN[:-1] + r"\Z")

# What each stands for is described in `_IN_PATH` of schema.py, by its name.
PathName = Annotated[str, Path()]


def existing(name: str, what: str) -> str:
    """The name, if anything can be called so.

    Raises: CallboxError `not_found`.
    """
    if not _NAME.match(name):
        raise not_found(what)
    return name
