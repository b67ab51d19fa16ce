"""Names of documents: as answers cite them, and as keys in the store of files."""

import re
import unicodedata

from services.characters.knowledge.file_types import ENDING_MAX

_NAME_MAX = 255
_KEY_NAME_MAX = 100
# Invisible, but Persian, the scripts of India and many emoji need them.
_JOINERS = frozenset("\u200c\u200d")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def cited(name: str) -> str:
    """The name of a file without folders and invisible characters; empty when nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(
        character for character in last if not unicodedata.category(character).startswith("C") or character in _JOINERS
    )
    return _shortened(" ".join(visible.split()))


def _shortened(name: str) -> str:
    """At most 255 characters of a name. The ending stays, since it tells the type of the file."""
    if len(name) <= _NAME_MAX:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > ENDING_MAX:
        return name[:_NAME_MAX]
    return f"{stem[: _NAME_MAX - len(ending) - 1]}.{ending}"


def file_key(character_id: str, document_id: str, name: str) -> str:
    """The key of a document's file; it ends in a safe form of the name."""
    safe = _UNSAFE.sub("-", name).strip(".-")[-_KEY_NAME_MAX:] or "document"
    return f"documents/{character_id}/{document_id}/{safe}"
