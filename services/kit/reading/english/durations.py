"""English durations in short units: "1h 30m" is "one hour and thirty minutes"."""

import re
from typing import Final

from services.kit.reading.numbers import cardinal

_UNITS: Final = ("day", "hour", "minute", "second")
_DURATION: Final = re.compile(
    r"(?<![\w.,:/$€£-])(?:(\d{1,4})\s?(?:d|days?),?\s?)?(?:(\d{1,4})\s?(?:h|hrs?|hours?),?\s?)?"
    r"(?:(\d{1,4})\s?(?:m|mins?|minutes?),?\s?)?(?:(\d{1,4})\s?(?:s|secs?|seconds?))?(?!\w)"
)
_HOURS_MINUTES: Final = re.compile(r"(?<![\w.,:/$€£-])(\d)h([0-5]\d)(?:m|min)?(?!\w)")
_MINUTES: Final = re.compile(r"\b(wait|takes?|took|time|timer|lasts?|lasted|every|another)\s(\d{1,3})m(?!\w)", re.I)
# Multiples of ten from 20 are decades, as in "a 90s song".
_SECONDS_NOUN: Final = re.compile(r"\b([Aa]n?)\s(?![2-9]0s)(\d{1,3})s(?=[\s-][a-z])")
_DECIMAL_SECONDS: Final = re.compile(r"(?<![\w.,$€£])(\d{1,4}\.\d{1,3})\s?s(?!\w)")
_SECONDS: Final = re.compile(
    r"\b(wait|for|after|every|within|takes?|took|lasts?|lasted|hold|rest|about|another|first|last|next)\s(\d{1,3})s(?!\w)",
    re.I,
)


def _parts(counts: tuple[str | None, ...]) -> list[str]:
    return [
        f"{cardinal(str(int(count)))} {unit}{'' if int(count) == 1 else 's'}"
        for count, unit in zip(counts, _UNITS, strict=True)
        if count
    ]


def _duration(match: re.Match[str]) -> str:
    parts = _parts(match.groups())
    if len(parts) < 2:  # a unit alone is a measure, or a decade as in "80s"
        return match[0]
    found = match[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" + found[len(found.rstrip(" ,")) :]


def spoken_durations(text: str) -> str:
    """The text with durations in words: of several units, and of one where the words around it show what it counts."""
    text = _HOURS_MINUTES.sub(lambda m: " and ".join(_parts((None, m[1], m[2], None))), text)
    text = _DURATION.sub(_duration, text)
    text = _MINUTES.sub(lambda m: f"{m[1]} {_parts((None, None, m[2], None))[0]}", text)
    text = _SECONDS_NOUN.sub(lambda m: f"{m[1]} {cardinal(m[2])} second", text)
    text = _DECIMAL_SECONDS.sub(r"\1 seconds", text)
    return _SECONDS.sub(lambda m: f"{m[1]} {_parts((None, None, None, m[2]))[0]}", text)
