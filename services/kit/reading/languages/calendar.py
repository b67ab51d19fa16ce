"""Dates, times of day and durations, in languages other than English."""

import re
from collections.abc import Iterator
from typing import Final

from services.kit.reading.languages.numerals import Rule, alternatives
from services.kit.reading.languages.words import Words

_ISO: Final = re.compile(
    r"(?<![\w.-])(\d{4})[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\d|3[01])(?![\d/-])(?:[T ](?=\d\d:))?", re.A
)
_DAY_FIRST: Final = re.compile(r"(?<![\w.,-])(0?[1-9]|[12]\d|3[01])[-/.](0?[1-9]|1[0-2])[-/.](\d{4})(?![\d/-])", re.A)
_DAY_MONTH: Final = r"(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])(?![\w/]|[.,]\d)"
_MONTH_DAY: Final = r"(?<![\w/.,])(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?![\d/]|[.,]\d)"
_TIME: Final = re.compile(
    r"(?<![A-Za-z0-9_:.])([01]?\d|2[0-4])[:hH]([0-5]\d)(?::([0-5]\d))?(?:\s?(?:h|hs|hrs)\b)?(?![\d:])", re.A
)
_DURATION: Final = re.compile(
    r"(?<![A-Za-z0-9_.,:/-])(?:(\d{1,4})\s?d,?\s?)?(?:(\d{1,4})\s?h(?:r?s?|oras?|eures?)?,?\s?)?"
    r"(?:(\d{1,4})\s?m(?:n|in|ins)?,?\s?)?(?:(\d{1,4})\s?s(?:eg|ec|ek)?)?(?![A-Za-z0-9_:])",
    re.A,
)
_HOUR_RANGE: Final = re.compile(
    r"(?<=\d[hH])\s?[-–]\s?(?=\d{1,2}[hH])|(?<=[:hH]\d\d)\s?[-–~〜～]\s?(?=\d{1,2}[:hH])", re.A
)
_HOURS: Final = re.compile(r"(?<![A-Za-z0-9_:.,])(\d{1,4})\s?h(?:rs?|s)?(?![\w:])", re.A)


class Calendar:
    """Rules for dates, times of day and durations."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def rules(self) -> Iterator[Rule]:
        """The rules in their order."""
        words = self._words
        if words.weekdays:  # "mar." is Tuesday only before a number
            short = re.compile(rf"(?<!\w)({alternatives(words.weekdays)})\.(?=,?\s\d)", re.I)
            yield short, lambda m: words.weekdays[m[1].lower()]
        yield _ISO, lambda m: self._date(m[1], m[2], m[3]) + (" " if m[0][-1] in "T " else "")
        yield _DAY_FIRST, lambda m: self._date(m[3], m[2], m[1])
        if words.date_words:
            before = re.compile(rf"(?<!\w)((?:{words.date_words})\s){_DAY_MONTH}", re.I)
            yield before, lambda m: m[1] + self._short_date(m[3], m[2])
        if words.date_endings:
            after = _MONTH_DAY if words.short_date.index("{month}") < words.short_date.index("{day}") else _DAY_MONTH
            ending = re.compile(rf"(?<![\w/.,]){after}(?=\s?(?:{words.date_endings}))")
            first = after is _MONTH_DAY
            yield ending, lambda m: self._short_date(*((m[1], m[2]) if first else (m[2], m[1])))
        yield _HOUR_RANGE, words.to
        yield _DURATION, self._duration
        yield _TIME, self._time
        yield _HOURS, lambda m: self._counted(m[1], words.duration[1])

    def _day(self, day: str) -> str:
        return self._words.first_day if int(day) == 1 and self._words.first_day else str(int(day))

    def _month(self, month: str) -> str:
        return self._words.months[int(month) - 1] if self._words.months else str(int(month))

    def _date(self, year: str, month: str, day: str) -> str:
        return self._words.date.format(day=self._day(day), month=self._month(month), year=year)

    def _short_date(self, month: str, day: str) -> str:
        return self._words.short_date.format(day=self._day(day), month=self._month(month))

    def _time(self, match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        words = self._words
        hours = words.one_hour if hour == 1 and words.one_hour else words.hour.format(h=hour)
        if minute == 0:
            return hours
        return words.time.format(h=hour, hours=hours, m=f"{words.zero_minute if minute < 10 else ''}{minute}")

    def _counted(self, count: str, names: tuple[str, str]) -> str:
        return names[0] if int(count) == 1 else f"{int(count)}{self._words.between}{names[1]}"

    def _duration(self, match: re.Match[str]) -> str:
        counts = zip(match.groups(), self._words.duration, strict=True)
        said = [self._counted(count, names) for count, names in counts if count]
        if len(said) < 2:  # one alone is a measure
            return match[0]
        return (
            self._words.between.join(said[:-1])
            + self._words.duration_link
            + said[-1]
            + match[0][len(match[0].rstrip(" ,")) :]
        )
