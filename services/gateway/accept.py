"""What a client would rather have, by its `Accept` header (RFC 9110, section 12.5.1)."""

import re

_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")


def prefers(accept: str, wanted: str, other: str) -> bool:
    """Whether `wanted` is to be answered rather than `other`, which is what comes unasked.

    Where both are as welcome, `wanted` must be named, and not after `other`.
    """
    ranges = _ranges(accept)
    ours, theirs = _quality(ranges, wanted), _quality(ranges, other)
    if ours != theirs or ours == 0 or wanted not in ranges:
        return ours > theirs
    named = list(ranges)
    return other not in ranges or named.index(wanted) < named.index(other)


def _ranges(accept: str) -> dict[str, float]:
    """The quality of each range of media types, in the order of the header."""
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        values = [parameter[2:].strip() for parameter in parameters if parameter.startswith("q=")]
        quality = values[0] if values else "1"
        if name and _QUALITY.match(quality):
            found.setdefault(name, float(quality))
    return found


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """How welcome a type is: by its name before its kind, and by its kind before all."""
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0
