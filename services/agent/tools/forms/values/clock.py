"""Times of day as people say them: “half past three”, “halb vier”, “las tres menos cuarto”."""

import re
from collections.abc import Callable
from datetime import time

from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.spelling import without_fillers
from services.agent.tools.forms.values.words import Words

ASK_TIME = (
    "This is not one time of day. If the caller named one, pass it such as 09:30; "
    "otherwise ask for the hour and the minutes."
)
ASK_HALF = "This may be in the morning or in the evening. Ask the caller which of the two."
_DAY_MINUTES = 24 * 60
_HALF_DAY = 12 * 60
_GAP = " \ue001 "
_CLEAN = re.compile(r"(?<![\d:.])([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\d:.])")
# Hours that people usually mean in the afternoon, and in the morning, when they do not say. Other hours occur in both.
_USUALLY_AFTERNOON = range(1, 6)
_USUALLY_MORNING = range(9, 12)


def time_in(text: str, words: Words, part: str = "", fits: Callable[[time], bool] = lambda moment: True) -> time:
    """The time of day in a text that `with_figures` made and that has no date.

    part: of the day, as `part_of` names it. fits: whether a time is within the field's bounds.

    Raises: NotUnderstoodError.
    """
    if (unclear := words.get("unclear_times")) and words.searched(unclear).search(text):
        raise NotUnderstoodError(ASK_TIME)
    if words.ends_with("unfinished.time", text):
        raise NotUnderstoodError(ASK_TIME)
    if re.search(r"(?<![\d:.])([01]\d|2[0-3]):[0-5]\d", text) and not part:
        found = {time(int(match[1]), int(match[2])) for match in _CLEAN.finditer(text)}
        rest = _CLEAN.sub(_GAP, text)
        if len(found) == 1 and not re.search(r"\d", rest) and not words.has("answers.unclear_dates", rest):
            return found.pop()
    minutes, rest = _read(_without_parts(text, words), words)
    if len(minutes) != 1 or re.search(r"\d", rest) or words.has("answers.unclear_dates", rest):
        raise NotUnderstoodError(ASK_TIME)
    (minute, is_exact) = minutes.pop()
    if not is_exact:
        minute = _on_the_clock(minute, part, fits)
    return time(minute // 60, minute % 60)


def cut_times(text: str, words: Words) -> str:
    """The text without its times of day."""
    return _read(_without_parts(text, words), words, bare=False)[1]


def part_alone(text: str, words: Words) -> str:
    """The part of the day in a text that has no hour; empty if it has none."""
    return "" if re.search(r"\d", text) else part_of(text, words)


def in_part(moment: time, part: str) -> time:
    """The same hour of a 12-hour clock, in a part of the day. Raises: NotUnderstoodError."""
    minute = _on_the_clock((moment.hour * 60 + moment.minute) % _HALF_DAY, part, lambda _: True)
    return time(minute // 60, minute % 60)


def _parts(words: Words) -> list[str]:
    return [name for name in ("am", "pm", "afternoon", "evening", "morning", "night") if words.get(f"parts.{name}")]


def part_of(text: str, words: Words) -> str:
    """The part of the day that a text names; empty if it names none."""
    found = [name for name in _parts(words) if words.has(f"parts.{name}", text)]
    return found[0] if found else ""


def _without_parts(text: str, words: Words) -> str:
    for name in _parts(words):
        text = words.without(f"parts.{name}", text)
    return text


def _read(text: str, words: Words, bare: bool = True) -> tuple[set[tuple[int, bool]], str]:
    """The times in a text, in minutes with whether they are on the 24-hour clock, and the rest of the text."""
    found: set[tuple[int, bool]] = set()
    for name, minutes in words.all("around_noon"):
        for match in words.compiled(name).finditer(text):
            start = _HALF_DAY if words.has("noon", match[0]) else 0
            found.add(((start + minutes) % _DAY_MINUTES, True))
        text = words.compiled(name).sub(_GAP, text)
    for path, start in (("noon", _HALF_DAY), ("midnight", 0)):
        if words.has(path, text):
            if re.search(r"\d", words.without(path, text)):
                continue
            found.add((start, True))
            text = words.without(path, text)
    for name, minutes in words.all("fixed_times"):
        if words.compiled(name).search(text):
            found.add((minutes, False))
            text = words.compiled(name).sub(_GAP, text)
    for template, offset, sign in words.all("times"):
        pattern = words.compiled(template + words.get("after_clock"))
        for match in pattern.finditer(text):
            found.add(_minute(match, offset, sign))
        text = pattern.sub(_GAP, text)
    if bare and not found and (pattern_of_hour := words.pattern("bare_hour")):
        # An hour alone is one only where nothing else is said.
        alone = without_fillers(text.replace("\ue001", " "), words)
        if hour_alone := pattern_of_hour.fullmatch(alone):
            found.add(_minute(hour_alone, 0, 0))
            text = ""
    return found, text


def _minute(match: re.Match[str], offset: int, sign: int) -> tuple[int, bool]:
    hour = int(match["h"])
    spoken = match.groupdict().get("m")
    minutes = int(spoken) if sign and spoken else 0
    if hour > 24 or minutes > 59 or (hour == 24 and offset + sign * minutes > 0):
        raise NotUnderstoodError("There is no such time of day. Ask the caller for the time again.")
    total = hour * 60 + offset + sign * minutes
    return total % _DAY_MINUTES, not 1 <= hour <= 12


def _on_the_clock(minute: int, part: str, fits: Callable[[time], bool]) -> int:
    """The minute of the day that is meant by one of a 12-hour clock (or by 12:59 at most) in a part of the day."""
    early = minute % _HALF_DAY
    late = early + _HALF_DAY
    hour = early // 60
    match part:
        case "am" | "morning":
            return early
        case "pm" | "afternoon":
            return late
        case "evening":
            return late if hour >= 3 else early if hour == 0 else _unclear()
        case "night":
            return late if hour >= 7 else early
    possible = [m for m in (early, late) if fits(time(m // 60, m % 60))]
    if len(possible) == 1:
        return possible[0]
    if hour in _USUALLY_MORNING:
        return early
    if hour in _USUALLY_AFTERNOON or hour == 0:
        return late
    return _unclear()


def _unclear() -> int:
    raise NotUnderstoodError(ASK_HALF)
