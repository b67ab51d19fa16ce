"""Dates as people say them: “the day after tomorrow”, “next Friday”, “am dritten Zwölften”."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.agent.tools.forms.values.clock import cut_times
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.words import Words

_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\d/.])(\d{1,2})(?:/|-|\. ?)(\d{1,2})(?:(?:/|-|\. ?| )(\d{4}|\d{2}))?\.?(?![\d/.])")
_NUMERIC_WITH_YEAR = re.compile(
    _NUMERIC.pattern.replace("(?:(?:/|-|\\. ?| )(\\d{4}|\\d{2}))?", "(?:/|-|\\. ?| )(\\d{4})")
)
_SPOKEN_YEAR = r"(?:,? (?:de |del |of |in |en )?(?P<y>\d{4}|(?:19|20) \d{2}|'\d{2}))?"
# Latest year that may be named, so that sums stay within the calendar.
_MAX_YEAR, _MAX_COUNT = 2200, 1000
# A year of two digits is at most this far ahead.
_SHORT_YEAR_AHEAD = 10
_GAP = " \ue001 "
ASK_DATE = (
    "This is not one date. If the caller named one, pass it such as 2026-01-31; "
    "otherwise ask for the day and the month."
)


@dataclass
class _Reader:
    """Takes one date after the other out of a text. fits: whether a date is within the field's bounds."""

    text: str
    words: Words
    today: date
    fits: Callable[[date], bool]
    dates: list[date] = field(default_factory=list)
    weekdays: list[int] = field(default_factory=list)

    def take(self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], date]) -> bool:
        """Reads all matches of a pattern and takes them out of the text; True if there was one."""
        found = False

        def replace(match: re.Match[str]) -> str:
            nonlocal found
            found = True
            self.dates.append(read(match))
            return _GAP

        self.text = pattern.sub(replace, self.text)
        return found

    def take_name(self, name: str, day: date) -> None:
        """Reads the name of a day, and takes it out of the text."""
        self.take(self.words.compiled(name), lambda _: day)

    # Calendar dates

    def calendar(self, numeric_days: bool = True) -> None:
        """Reads dates with their month. numeric_days: whether 3.12 without a year is one, and no time of day."""
        self.take(_ISO, lambda m: self._dated(int(m[1]), int(m[2]), int(m[3])))
        self.take(_YEAR_FIRST, lambda m: self._dated(int(m[1]), int(m[2]), int(m[3])))
        words = self.words
        if pattern := words.pattern("year_month_day"):
            self.take(pattern, lambda m: self._any_year(int(m["mo"]), int(m["d"]), m["y"]))
        else:
            self._named_months()
        for name, month, day in words.all("fixed"):
            self.take_name(name, self._any_year(month, day, None))
        self.take(_NUMERIC if numeric_days else _NUMERIC_WITH_YEAR, self._numeric)

    def _named_months(self) -> None:
        words = self.words
        months = "(?P<month>" + "|".join(words.all("months")) + ")"
        before, link, ordinal = words.get("before_day"), words.get("day_link"), words.get("ordinal")
        day_first = words.compiled(rf"{before}{{d}}{ordinal}? ?{link}{months}\.?{_SPOKEN_YEAR}")
        month_first = words.compiled(rf"{months}\.? {before}{link}{{d}}{ordinal}?{_SPOKEN_YEAR}")
        for pattern in (day_first, month_first):
            self.take(pattern, lambda m: self._any_year(words.index("months", m["month"]) + 1, int(m["d"]), m["y"]))

    def _numeric(self, match: re.Match[str]) -> date:
        first, second, year = int(match[1]), int(match[2]), match[3]
        order = self.words.get("numeric_order")
        if order == "unclear" and first <= 12 and second <= 12 and first != second:
            raise NotUnderstoodError("Day and month can be told in two ways. Ask the caller for the month by its name.")
        month_first = order == "month" or (order == "unclear" and first <= 12)
        month, day = (first, second) if month_first else (second, first)
        return self._any_year(month, day, year)

    def _any_year(self, month: int, day: int, year: str | None) -> date:
        """A day with its year as it was said; without one, the next such day, or the last if only that fits."""
        if year:
            digits = re.sub(r"\D", "", year)
            full = int(digits)
            if len(digits) == 2:
                century = self.today.year // 100 * 100
                full += century if century + full <= self.today.year + _SHORT_YEAR_AHEAD else century - 100
            return self._dated(full, month, day)
        years = range(self.today.year - 8, self.today.year + 9)
        days = [found for each in years if (found := _valid(each, month, day))]
        if not days:
            raise NotUnderstoodError("There is no such day in the calendar. Ask the caller for the date again.")
        ahead = next(found for found in days if found >= self.today)
        behind = [found for found in days if found < self.today]
        return ahead if self.fits(ahead) or not behind or not self.fits(behind[-1]) else behind[-1]

    def _dated(self, year: int, month: int, day: int) -> date:
        found = _valid(year, month, day)
        if found is None or year > _MAX_YEAR:
            raise NotUnderstoodError("There is no such day in the calendar. Ask the caller for the date again.")
        return found

    # Weekdays and distances

    def relative(self) -> None:
        words = self.words
        for pattern in self.words.templates("from_weekday"):
            self.take(pattern, lambda m: self._moved(self._coming(m), m, 1))
        for pattern in self.words.templates("week_after"):
            self.take(pattern, self._week_after)
        for pattern in self.words.templates("next_week"):
            self.take(pattern, lambda m: self._week_start(m) + timedelta(7))
        for pattern in self.words.templates("next_weekday"):
            self.take(pattern, self._next)
        for pattern in self.words.templates("this_weekday"):
            self.take(pattern, self._coming_or_today)
        for name, distance in words.all("days"):
            self.take_name(name, self.today + timedelta(distance))
        for name, distance in words.all("ahead"):
            self.take_name(name, self._ahead_or_behind(distance))
        for pattern in words.templates("later"):
            self.take(pattern, lambda m: self._moved(self.today, m, 1))
        for pattern in words.templates("sooner"):
            self.take(pattern, lambda m: self._moved(self.today, m, -1))
        self.text = words.compiled("{weekday}").sub(self._weekday, self.text)

    def _weekday(self, match: re.Match[str]) -> str:
        self.weekdays.append(self._index(match))
        return _GAP

    def _index(self, match: re.Match[str]) -> int:
        return self.words.index("weekdays", match["weekday"])

    def _coming(self, match: re.Match[str]) -> date:
        return self.today + timedelta((self._index(match) - self.today.weekday()) % 7 or 7)

    def _coming_or_today(self, match: re.Match[str]) -> date:
        return self.today + timedelta((self._index(match) - self.today.weekday()) % 7)

    def _week_start(self, match: re.Match[str]) -> date:
        return self.today + timedelta(self._index(match) - self.today.weekday())

    def _week_after(self, match: re.Match[str]) -> date:
        """A week after the coming weekday, or the weekday of the week after next where the language counts weeks."""
        if distance := self.words.get("week_after_days"):
            return self._week_start(match) + timedelta(int(distance))
        return self._coming(match) + timedelta(7)

    def _next(self, match: re.Match[str]) -> date:
        coming = self._coming(match)
        same_week = coming.isocalendar()[:2] == self.today.isocalendar()[:2]
        if self.words.flag("next_is_unclear") and same_week:
            later = coming + timedelta(7)
            raise NotUnderstoodError(
                f"This may mean {coming.isoformat()} or {later.isoformat()}. Ask the caller which of the two days."
            )
        return coming

    def _ahead_or_behind(self, distance: int) -> date:
        ahead, behind = self.today + timedelta(distance), self.today - timedelta(distance)
        if self.fits(ahead) == self.fits(behind):
            return ahead
        return ahead if self.fits(ahead) else behind

    def _moved(self, start: date, match: re.Match[str], sign: int) -> date:
        count = int(match["n"]) if match["n"].isdigit() else 1
        if count > _MAX_COUNT:
            raise NotUnderstoodError(ASK_DATE)
        count *= sign
        unit = self.words.index("units", match["unit"])
        if unit in (0, 1, 4):
            return start + timedelta(count * {0: 1, 1: 7, 4: 14}[unit])
        months = start.month - 1 + count * (12 if unit == 3 else 1)
        year, month = start.year + months // 12, months % 12 + 1
        for day in range(start.day, start.day - 4, -1):
            if found := _valid(year, month, day):
                return found
        raise NotUnderstoodError(ASK_DATE)

    # A day of the month alone

    def alone(self) -> None:
        """Reads “the third”, and “Friday the third”: the next day with that number."""
        for pattern in self.words.templates("day_alone"):
            if self.take(pattern, self._next_numbered):
                return

    def _next_numbered(self, match: re.Match[str]) -> date:
        number = int(match["d"])
        for distance in range(63):
            day = self.today + timedelta(distance)
            if day.day == number:
                return day
        raise NotUnderstoodError("There is no such day in the calendar. Ask the caller for the date again.")


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def date_in(text: str, words: Words, today: date, fits: Callable[[date], bool] = lambda day: True) -> date:
    """The date in a text that `with_figures` made. fits: whether a date is within the field's bounds.

    Raises: NotUnderstoodError.
    """
    if words.has("unclear_dates", text) or words.ends_with("unfinished.date", text):
        raise NotUnderstoodError(ASK_DATE)
    reader = _Reader(text, words, today, fits)
    reader.calendar()
    reader.relative()
    if not reader.dates:
        reader.alone()
    rest = cut_times(reader.text, words)
    if words.has("answers.unclear_dates", rest) or words.has_word("{unit}", rest) or re.search(r"\d", rest):
        raise NotUnderstoodError(ASK_DATE)
    days = set(reader.dates)
    if not days and len(set(reader.weekdays)) == 1:
        days = {today + timedelta((reader.weekdays[0] - today.weekday()) % 7 or 7)}
    if len(days) != 1:
        raise NotUnderstoodError(ASK_DATE)
    (day,) = days
    if any(weekday != day.weekday() for weekday in reader.weekdays):
        raise NotUnderstoodError(
            f"The weekday does not fit the date {day.isoformat()}. Ask the caller which of the two is meant."
        )
    return day


def without_dates(text: str, words: Words, today: date) -> str:
    """A text that `with_figures` made, without its dates. A date that does not exist stays."""
    reader = _Reader(text, words, today, lambda day: True)
    try:
        reader.calendar(numeric_days=False)
        reader.relative()
    except NotUnderstoodError:
        # The words of an unclear date hold no time of day.
        return reader.text
    for template in words.all("day_alone"):
        if words.get("ordinal"):
            reader.text = words.compiled(template.replace("{d}", "{d}" + words.get("ordinal"))).sub(_GAP, reader.text)
    return reader.text


def day_of_month(text: str, words: Words) -> int | None:
    """The day of the month that a text names without a month; None if it names none."""
    for template in words.all("day_alone"):
        if match := words.compiled(template).fullmatch(text):
            return int(match["d"])
    return None
