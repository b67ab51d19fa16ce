"""English dates and times of day."""

import re
from typing import Final

from services.kit.reading.numbers import cardinal, ordinal, year

_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH_BY_START: Final = {month[:3].lower(): month for month in _MONTHS}
# "May" and "March" are also ordinary words: they are months only beside a number.
_MONTH: Final = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAYS: Final = {
    day[:3].lower(): day for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}
_DAY: Final = r"(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)"
_DAY_NAME: Final = rf"{_DAY}(?:\.|(?:d|s|nes|rs|ur)?day)?"
_DASH: Final = r"\s?(?:-|–|—|\bto\b)\s?"
_TO: Final = r"\s?[-–—]\s?"

_DAY_RANGE: Final = re.compile(rf"\b{_DAY_NAME}{_TO}{_DAY_NAME}(?!\w)")
_DAY_SHORT: Final = re.compile(
    rf"\b{_DAY}(?:(?:\.,?|,)(?=\s+(?:{_MONTH}|\d))|(?=\s+(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}"
    rf"|{_MONTH}\s+\d)))|\b(?P<alone>Tues?|Wed|Thu(?:rs?)?|Fri)\.?(?=[\s,]|$)"
)
_MONTH_RANGE: Final = re.compile(rf"\b{_MONTH}{_TO}{_MONTH}(?![\w-])")
_ISO: Final = re.compile(
    r"(?<![\w/.-])(\d{4})([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?![\d/-])(?:T(\d\d:\d\d)"
    r"(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?"
)
_NUMERIC: Final = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?![\w/-]|\.\d)")
_NUMERIC_SHORT: Final = re.compile(
    r"\b(on|as of|through|thru|starting|beginning|ending|by|until|till|before|after|since|from|due|for|dated"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?)\s+(\d{1,2})/(\d{1,2})(?![\w/]|\.\d)",
    re.I,
)
_YEAR: Final = r"(?:,?\s+(\d{4})\b(?![,.:]\d|\s?[%°]))?"
_MONTH_DAY: Final = re.compile(
    rf"\b{_MONTH}\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?:{_DASH}(\d{{1,2}})(?:st|nd|rd|th)?)?(?![\w:%$€£]"
    rf"|[.,]\d|\s?[ap]\.?m\b){_YEAR}"
)
_DAY_MONTH: Final = re.compile(
    rf"(?<![\w:.,$€£/-])(?:([Tt]he)\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?:{_DASH}(\d{{1,2}})(?:st|nd|rd"
    rf"|th)?)?[\s-](?:of\s+)?{_MONTH}(?!\w)(?:[\s,-]{{1,2}}(\d{{4}})\b(?![,.:]\d))?"
)
_MONTH_YEAR: Final = re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?('?)(\d{{4}}|(?<=')\d\d)\b(?![,.:]\d)")

_HALF: Final = r"(?:\s?([ap])\.?m(?:\.(?=\s?[a-z,;:)])|\.(?!\w)|\b))"
_NAME: Final = re.compile(rf"{_DAY_NAME}\b|{_MONTH}|[A-Z]{{2,4}}\b")
_RANGE: Final = re.compile(
    rf"(?<![\w:.$€£])([01]?\d|2[0-4])(?::([0-5]\d))?{_HALF}?{_TO}([01]?\d|2[0-4])"
    rf"(?::([0-5]\d))?{_HALF}?(?![\w:%]|[.,]\d)",
    re.I,
)
_TIME_HALF: Final = re.compile(rf"(?<![\w:.$€£])(1[0-2]|0?\d)(?:[:.]([0-5]\d))?(?::[0-5]\d)?{_HALF}", re.I)
_TIME: Final = re.compile(
    r"(?<![\w:.$€£])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\w:]|[.,]\d)(\s*(?:hours|hrs|h)\b)?"
)


def _month(name: str) -> str:
    return _MONTH_BY_START[name[:3].lower()]


def _day(name: str) -> str:
    return _DAYS[name[:3].lower()]


def _said_year(figures: str) -> str:
    if len(figures) == 2:
        figures = ("19" if int(figures) > 60 else "20") + figures
    return year(figures) if 1000 <= int(figures) <= 2999 else cardinal(figures)


def _date(day: str, month: str, of_year: str | None, british: bool = False) -> str:
    said = f"the {ordinal(day)} of {month}" if british else f"{month} {ordinal(day)}"
    return f"{said}, {_said_year(of_year)}" if of_year else said


def _iso(match: re.Match[str]) -> str:
    said = _date(str(int(match[4])), _MONTHS[int(match[3]) - 1], match[1])
    if match[5]:
        said += f" at {match[5]}" + (" U.T.C" if match[6] == "Z" else "")
    return said


def _numeric(match: re.Match[str], day_first: bool) -> str:
    first, second = int(match[1]), int(match[3])
    if match[2] == "." or (first > 12 and second <= 12):
        day_first = True
    elif second > 12:
        day_first = False
    day, month = (first, second) if day_first else (second, first)
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return _date(str(day), _MONTHS[month - 1], match[4], day_first)


def _numeric_short(match: re.Match[str], day_first: bool) -> str:
    first, second = int(match[2]), int(match[3])
    day, month = (first, second) if (day_first and second <= 12) or first > 12 else (second, first)
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return f"{match[1]} {_date(str(day), _MONTHS[month - 1], None, day_first)}"


def _month_day(match: re.Match[str]) -> str:
    name, day, last, of_year = match.groups()
    if not 1 <= int(day) <= 31 or (last and not 1 <= int(last) <= 31):
        return match[0]
    said = f"{_month(name)} {ordinal(day)}" + (f" to {ordinal(last)}" if last else "")
    return said + (f", {_said_year(of_year)}" if of_year else "")


def _day_month(match: re.Match[str]) -> str:
    the, day, last, name, of_year = match.groups()
    if not 1 <= int(day) <= 31 or (last and not 1 <= int(last) <= 31):
        return match[0]
    said = f"{the or 'the'} {ordinal(day)}" + (f" to the {ordinal(last)}" if last else "")
    return f"{said} of {_month(name)}" + (f", {_said_year(of_year)}" if of_year else "")


def _last_stop(match: re.Match[str]) -> str:
    """Keeps the full stop when the text ends with an abbreviation."""
    return "." if match[0].endswith(".") and match.end() == len(match.string.rstrip()) else ""


def _day_short(match: re.Match[str]) -> str:
    if match["alone"] is None:
        return _day(match[1]) + ","
    return _day(match["alone"]) + _last_stop(match)


def spoken_names(text: str) -> str:
    """The text with abbreviated weekdays and ranges of months written out."""
    text = _DAY_RANGE.sub(lambda m: f"{_day(m[1])} to {_day(m[2])}" + _last_stop(m), text)
    text = _DAY_SHORT.sub(_day_short, text)
    return _MONTH_RANGE.sub(lambda m: f"{_month(m[1])} to {_month(m[2])}", text)


def spoken_dates(text: str, day_first: bool = False) -> str:
    """The text with dates in words."""
    text = _ISO.sub(_iso, text)
    text = _NUMERIC.sub(lambda m: _numeric(m, day_first), text)
    text = _NUMERIC_SHORT.sub(lambda m: _numeric_short(m, day_first), text)
    text = _DAY_MONTH.sub(_day_month, text)
    text = _MONTH_DAY.sub(_month_day, text)
    return _MONTH_YEAR.sub(lambda m: f"{_month(m[1])} {_said_year(m[3])}", text)


def _clock(hour: str, minute: str | None, half: str | None, oclock: bool = True) -> str:
    said = cardinal(str(int(hour)))
    if minute and int(minute):
        said += f" oh {cardinal(minute[1])}" if minute[0] == "0" else f" {cardinal(minute)}"
    elif minute and not half:
        said += " o'clock" if int(hour) <= 12 and oclock else " hundred"
    return f"{said} {half.upper()}.M" if half else said


def _range(match: re.Match[str]) -> str:
    hour, minute, half, last, last_minute, last_half = match.groups()
    if not (minute or half or last_minute or last_half):
        return match[0]
    bare = bool(half or last_half)
    start = _clock(hour, minute if minute != "00" or not bare else None, half)
    end = _clock(last, last_minute if last_minute != "00" or not bare else None, last_half)
    return f"{start} to {end}" + _stop(match)


def _stop(match: re.Match[str]) -> str:
    """The full stop of a sentence that ends with "a.m." or "p.m."."""
    rest = match.string[match.end() :].lstrip()
    return "." if match[0].endswith(".") and (not rest or (rest[0].isupper() and not _NAME.match(rest))) else ""


def _time(match: re.Match[str]) -> str:
    hour, minute, second, hours = match.groups()
    if not int(hour) and not int(minute) and not second:
        return "midnight"
    if second:
        return f"{cardinal(str(int(hour)))} {_clock(minute, None, None)} and {cardinal(str(int(second)))} seconds"
    if hours or (len(hour) == 2 and hour[0] == "0"):
        zero = "zero " if hour[0] == "0" else ""
        return (
            zero + _clock(hour, minute, None, oclock=False)
            if int(hour) or not zero
            else f"zero {_clock(minute, None, None)}"
        )
    return _clock(hour, minute, None)


def spoken_times(text: str) -> str:
    """The text with times of day in words."""
    text = _RANGE.sub(_range, text)
    text = _TIME_HALF.sub(lambda m: _clock(m[1], m[2] if m[2] != "00" else None, m[3]) + _stop(m), text)
    return _TIME.sub(_time, text)
