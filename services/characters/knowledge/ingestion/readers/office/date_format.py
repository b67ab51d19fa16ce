"""Dates, times and durations of a sheet as they show."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.characters.knowledge.ingestion.readers.office.format_code import Token

_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30, tzinfo=UTC), datetime(1904, 1, 1, tzinfo=UTC)
_LAST_DAY = 2_958_466
_MONTHS = (
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
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def date_shown(value: float, tokens: Sequence[Token], *, from_1904: bool) -> str | None:
    """A date by its format; None for a number that is none."""
    if not -_LAST_DAY < value < _LAST_DAY:
        return None
    fine = next((len(token.text) - 1 for token in tokens if token.kind == "fine"), 0)
    seconds = round(value * 86_400, min(fine, 3))
    epoch = _EPOCH_1904 if from_1904 else _EPOCH
    if not from_1904 and 0 <= value < 60:
        # Excel takes 1900 for a leap year.
        epoch += timedelta(days=1)
    try:
        moment = epoch + timedelta(seconds=seconds)
    except OverflowError:
        return None
    has_half = any(token.kind == "half" for token in tokens)
    out: list[str] = []
    for at, token in enumerate(tokens):
        if token.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[token.text[0].lower()]
            out.append(f"{'-' if seconds < 0 else ''}{str(int(abs(seconds) // unit)).rjust(len(token.text), '0')}")
        elif token.kind == "half":
            out.append("AM" if moment.hour < 12 else "PM")
        elif token.kind == "fine":
            out.append(f"{seconds % 1:.{fine}f}"[1:])
        elif token.kind == "date":
            out.append(_part(moment, token.text.lower(), _is_minute(tokens, at), has_half))
        else:
            out.append(token.text)
    return "".join(out)


def _part(moment: datetime, code: str, is_minute: bool, has_half: bool) -> str:
    hour = (moment.hour % 12 or 12) if has_half else moment.hour
    match code[0]:
        case "y" | "e":
            return f"{moment.year:04}" if len(code) > 2 or code[0] == "e" else f"{moment.year % 100:02}"
        case "b":
            return str(moment.year + 543)
        case "m" if is_minute:
            return str(moment.minute).rjust(len(code), "0")
        case "m":
            name = _MONTHS[moment.month - 1]
            return str(moment.month).rjust(len(code), "0") if len(code) < 3 else name[:3] if len(code) == 3 else name
        case "d":
            name = _DAYS[moment.weekday()]
            return str(moment.day).rjust(len(code), "0") if len(code) < 3 else name[:3] if len(code) == 3 else name
        case "h":
            return str(hour).rjust(len(code), "0")
        case "s":
            return str(moment.second).rjust(len(code), "0")
    return ""


def _is_minute(tokens: Sequence[Token], at: int) -> bool:
    """Whether an `m` means minutes: it stands after hours or before seconds."""
    dates = [each for each, token in enumerate(tokens) if token.kind in ("date", "elapsed")]
    place = dates.index(at)
    before = tokens[dates[place - 1]].text[0].lower() if place else ""
    after = tokens[dates[place + 1]].text[0].lower() if place + 1 < len(dates) else ""
    return len(tokens[at].text) < 3 and (before == "h" or after == "s")
