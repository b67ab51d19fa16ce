"""Refuses pages whose elements lie too deep in each other, before they are parsed: the parser takes quadratic time."""

import re
from collections import Counter

from services.characters.knowledge.ingestion.readers.reading import too_deep

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
_MAX_OPEN = 2_000
# Elements that the parser ends by itself, and those that never have content.
_ENDED_ALONE = frozenset(
    (
        "a", "area", "b", "base", "big", "body", "br", "code", "col", "colgroup", "dd", "dt", "em",
        "embed", "font", "head", "hr", "html", "i", "img", "input", "li", "link", "meta", "nobr",
        "optgroup", "option", "p", "param", "path", "rb", "rp", "rt", "s", "small", "source", "strike",
        "strong", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "tt", "u", "wbr",
    )
)  # fmt: skip


def check(text: str) -> None:
    """Counts the elements that are open at the same time.

    Raises: Unreadable when there are too many.
    """
    opened: Counter[str] = Counter()
    deep = 0
    for found in _TAG.finditer(text):
        name = found[2].lower()
        if name in _ENDED_ALONE:
            continue
        if not found[1]:
            opened[name] += 1
            deep += 1
            if deep > _MAX_OPEN:
                raise too_deep()
        elif opened[name] > 0:
            opened[name] -= 1
            deep -= 1
