"""The difference of two JSON values as JSON Patch (RFC 6902), in linear time.

Libraries that make such patches search for moved elements and take minutes for a few thousand of them.
"""

import json
from collections.abc import Iterator
from typing import Any

Step = dict[str, Any]


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal. `1` is not `true`, and the order of names does not matter."""
    return bool(one == other) and _canonical(one) == _canonical(other)


def difference(before: Any, after: Any, path: str = "") -> Iterator[Step]:
    """The steps that turn `before` into `after`, in the order in which they must be applied."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_arrays(before, after, path)
    elif not same(before, after):
        yield {"op": "replace", "path": path, "value": after}


def _of_objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Step]:
    for name, value in before.items():
        here = f"{path}/{_escaped(name)}"
        if name in after:
            yield from difference(value, after[name], here)
        else:
            yield {"op": "remove", "path": here}
    for name, value in after.items():
        if name not in before:
            yield {"op": "add", "path": f"{path}/{_escaped(name)}", "value": value}


def _of_arrays(before: list[Any], after: list[Any], path: str) -> Iterator[Step]:
    """Keeps equal elements at both ends, and compares the elements between them pair by pair."""
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if not same(before[at], after[at])), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if not same(before[-1 - at], after[-1 - at])), rest)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    common = min(len(old), len(new))
    for at in range(common):
        yield from difference(old[at], new[at], f"{path}/{head + at}")
    for at in reversed(range(common, len(old))):
        yield {"op": "remove", "path": f"{path}/{head + at}"}
    for at in range(common, len(new)):
        yield {"op": "add", "path": f"{path}/{head + at}", "value": new[at]}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
