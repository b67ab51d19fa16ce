"""Names of documents: as they are cited, and as their files are kept."""

import re
import unicodedata

from services.characters.knowledge.kinds import ENDING_MAX

_NAME_MAX = 255
_KEY_NAME_MAX = 100
# Nobody sees them, but Persian, the scripts of India and many emoji are spelled with them.
_JOINERS = frozenset("\u200c\u200d")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def cited(name: str) -> str:
    """The name of a file without folders and signs that nobody sees; empty when nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(sign for sign in last if not unicodedata.category(sign).startswith("C") or sign in _JOINERS)
    return _shortened(" ".join(seen.split()))


def _shortened(name: str) -> str:
    """At most 255 characters of a name; its ending, which says of what type the file is, stays."""
    if len(name) <= _NAME_MAX:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > ENDING_MAX:
        return name[:_NAME_MAX]
    return f"{stem[: _NAME_MAX - len(ending) - 1]}.{ending}"


def file_key(character_id: str, document_id: str, name: str) -> str:
    """Where a document's file is kept; it ends in a safe form of its name."""
    safe = _UNSAFE.sub("-", name).strip(".-")[-_KEY_NAME_MAX:] or "document"
    return f"documents/{character_id}/{document_id}/{safe}"
