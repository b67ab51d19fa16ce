"""Names in paths, queries and bodies: slugs and ids."""

import re
from typing import Annotated

from fastapi import Path

from services.kit.errors import not_found

# Every slug and every id that Callbox makes has this form.
PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_NAME = re.compile(PATTERN[:-1] + r"\Z")

# openapi/schema.py describes each of them in `_IN_PATH`, by the name of the parameter.
PathName = Annotated[str, Path()]


def require_name(name: str, what: str) -> str:
    """The name, if something can have this name.

    Raises: CallboxError `not_found`.
    """
    if not _NAME.match(name):
        raise not_found(what)
    return name
