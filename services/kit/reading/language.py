"""Writes numbers and symbols as words, for languages whose phonemiser reads plain numbers itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from services.kit.reading.web_addresses import Signs, spoken_addresses

_NUMBER: Final = r"\d{1,3}(?: \d{3}){1,5}(?:[.,]\d{1,6})?|\d{1,18}(?:[.,]\d{2,3}){0,6}(?:[.,]\d{1,9})?"
_START: Final = r"(?<![A-Za-z0-9_.,:/-])"
_END: Final = r"(?![0-9]|[.,:/]\d)"
_ISO: Final = re.compile(
    r"(?<![\w.-])(\d{4})[-/.](0?[1-9]|1[0-2])[-/.](0?[1-9]|[12]\d|3[01])(?![\d/-])(?:[T ](?=\d\d:))?", re.A
)
_DAY_FIRST: Final = re.compile(r"(?<![\w.,-])(0?[1-9]|[12]\d|3[01])[-/.](0?[1-9]|1[0-2])[-/.](\d{4})(?![\d/-])", re.A)
_TIME: Final = re.compile(
    r"(?<![A-Za-z0-9_:.])([01]?\d|2[0-4])[:hH]([0-5]\d)(?::([0-5]\d))?(?:\s?(?:h|hs|hrs)\b)?(?![\d:])", re.A
)
_HOURS: Final = re.compile(r"(?<![A-Za-z0-9_:.,])([01]?\d|2[0-4])\s?h(?:rs?|s)?(?![\w:])", re.A)
_PHONE: Final = re.compile(
    r"(?<![\w.,$€£¥/:-])(\+\d{1,3}[ .-]?)?(\(\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]\d{2,8}){1,5}(?![\d/:%-]|[.,]\d)", re.A
)
_MOBILE: Final = re.compile(r"(?<![\d.,$€£¥/:-])(?:1[3-9]\d{9}|0\d{8,10})(?![\d.,])", re.A)
_LONG: Final = re.compile(r"(?<![\d.,])\d{11,}(?![\d]|[.,]\d)", re.A)
_VERSION: Final = re.compile(r"(?<![A-Za-z0-9_.])[vV]?(\d{1,5}(?:\.\d{1,5}){2,5})(?!\.?\d)", re.A)
_FRACTION: Final = re.compile(r"(?<![A-Za-z0-9_.,/-])(?:(\d{1,3}) )?(\d{1,2})/(\d{1,3})(?![A-Za-z0-9_/])", re.A)
_RANGE: Final = re.compile(rf"{_START}({_NUMBER})\s?(?:[–—~〜～]|-(?=\d))\s?({_NUMBER})(?![A-Za-z0-9_-])", re.A)
_PERCENT: Final = re.compile(rf"{_START}({_NUMBER})\s?[%％]", re.A)
_MINUS: Final = re.compile(r"(?<![A-Za-z0-9_.,)\u0900-\u097f-])-\s?(?=\d)", re.A)
_PLUS: Final = re.compile(r"(?<!\w)\+\s?(?=\d)|(?<=\d)\s\+\s(?=\d)", re.A)
_LEFT: Final = re.compile(r"[\\|^~=<>{}\[\]_*#@§¬]")
_VULGAR: Final = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4"}
_MAX_PHONE_FIGURES: Final = 15


@dataclass(frozen=True)
class Currency:
    """Names of a currency: singular, plural, hundredths."""

    one: str
    many: str
    cents: str = ""


@dataclass(frozen=True)
class Language:
    """A language's words and templates for numbers and symbols.

    date, time, money, percent, fraction: templates. hour, one_hour: the time on the full hour. figures: 0 to 9 as they
    are said one by one, in telephone numbers; pairs: groups of two are said as numbers there, as in French. two_of: the
    special word for two before one of the counters. decimal: what the language's phonemiser reads as the decimal point;
    grouping: the separator of thousands. scales, scale_link: "million" and the like, and the word between them and a
    currency. between: the separator of words.
    """

    signs: Signs
    decimal: str
    grouping: str
    months: tuple[str, ...]
    date: str
    time: str
    hour: str
    money: str
    percent: str
    to: str
    minus: str
    plus: str
    equals: str
    ampersand: str
    currencies: Mapping[str, Currency]
    units: Mapping[str, tuple[str, str]]
    shorthand: Mapping[str, str]
    fractions: Mapping[str, str] = field(default_factory=dict)
    fraction: str = ""
    first_day: str = ""
    scales: str = ""
    scale_link: str = " "
    figures: tuple[str, ...] = tuple("0123456789")
    between: str = " "
    pairs: bool = False
    phone_joint: str = ", "
    zero_minute: str = ""
    one_hour: str = ""
    counters: str = ""
    two_of: str = ""

    @cached_property
    def _rules(self) -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...]:
        symbols = "|".join(re.escape(symbol) for symbol in sorted(self.currencies, key=len, reverse=True))
        scale = rf"(?:\s?({self.scales})(?:{self.scale_link.rstrip()})?(?![a-z]))?" if self.scales else "()"
        units = "|".join(re.escape(unit) for unit in sorted(self.units, key=len, reverse=True))
        short = "|".join(re.escape(short) for short in sorted(self.shorthand, key=len, reverse=True))
        return (
            (re.compile(rf"(?<![\w.])(?:{short})(?!\w)"), self._written_out),
            (_ISO, lambda m: self._date(m[1], m[2], m[3]) + (" " if m[0][-1] in "T " else "")),
            (_DAY_FIRST, lambda m: self._date(m[3], m[2], m[1])),
            (_VERSION, lambda m: f" {self.signs.dot} ".join(m[1].split(".")) if not self._groups(m[1]) else m[0]),
            (_TIME, self._time),
            (_HOURS, lambda m: self._hours(int(m[1]))),
            (_MOBILE, lambda m: self._one_by_one(m[0])),
            (_PHONE, self._phone),
            (_LONG, lambda m: self._one_by_one(m[0])),
            (
                re.compile(rf"([-–]\s?)?({symbols})\s?({_NUMBER}){scale}{_END}", re.A),
                lambda m: self._money(m[2], m[3], m[4], m[1]),
            ),
            (
                re.compile(rf"{_START}(-)?({_NUMBER}){scale}\s?({symbols})(?![A-Za-z0-9])", re.A),
                lambda m: self._money(m[4], m[2], m[3], m[1]),
            ),
            (re.compile(rf"{_START}(-)?({_NUMBER})\s?({units})(?![A-Za-z0-9_²³])", re.A), self._measure),
            (_PERCENT, lambda m: self.percent.format(n=self._number(m[1]))),
            (_FRACTION, self._fraction),
            (_RANGE, lambda m: f"{self._number(m[1])}{self.to}{self._number(m[2])}"),
            (re.compile(rf"{_START}(?:{_NUMBER}){_END}", re.A), lambda m: self._number(m[0])),
            (re.compile(rf"(?<![0-9.])2(?=[{self.counters}])" if self.counters else r"(?!)"), self.two_of),
            (_MINUS, self.minus),
            (_PLUS, f" {self.plus} "),
            (re.compile(r"(?<=\w)\s?=\s?(?=\w)"), f" {self.equals} "),
            (re.compile(r"\s?[&＆]\s?"), f" {self.ampersand} "),
            (re.compile(r"(?<=[a-zA-Z])\s?/\s?(?=[a-zA-Z])"), " "),
            (_LEFT, " "),
        )

    def _written_out(self, match: re.Match[str]) -> str:
        ends = match[0].endswith(".") and not match.string[match.end() :].strip()
        return self.shorthand[match[0]] + ("." if ends else "")

    def _groups(self, figures: str) -> bool:
        """Whether the points in a number separate thousands."""
        head, *groups = figures.split(".")
        return self.grouping == "." and len(head) <= 3 and all(len(group) == 3 for group in groups)

    def _parts(self, figures: str) -> tuple[str, str]:
        """The whole part and the fraction of a number, for both uses of the separators."""
        figures = figures.replace(" ", "")
        separators = [c for c in figures if c in ".,"]
        if not separators:
            return figures, ""
        last = separators[-1]
        whole, _, tail = figures.rpartition(last)
        grouped = separators.count(last) > 1 or (len(set(separators)) == 1 and len(tail) == 3 and last == self.grouping)
        if grouped:
            return re.sub(r"[.,]", "", figures), ""
        return re.sub(r"[.,]", "", whole), tail

    def _number(self, figures: str) -> str:
        whole, fraction = self._parts(figures)
        return f"{whole}{self.decimal}{fraction}" if fraction else whole

    def _date(self, year: str, month: str, day: str) -> str:
        said = self.first_day if int(day) == 1 and self.first_day else str(int(day))
        name = self.months[int(month) - 1] if self.months else str(int(month))
        return self.date.format(day=said, month=name, year=year)

    def _time(self, match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        hours = self._hours(hour)
        if minute == 0:
            return hours
        return self.time.format(h=hour, hours=hours, m=f"{self.zero_minute if minute < 10 else ''}{minute}")

    def _hours(self, hour: int) -> str:
        return self.one_hour if hour == 1 and self.one_hour else self.hour.format(h=hour)

    def _one_by_one(self, figures: str) -> str:
        return self.between.join(self.figures[int(figure)] for figure in figures if figure in "0123456789")

    def _phone(self, match: re.Match[str]) -> str:
        found = match[0]
        groups = re.findall(r"\d+", found)
        count = sum(map(len, groups))
        thousands = re.fullmatch(r"\d{1,2}(?:[ .]\d{3})+|\d{3}[ .]\d{3}", found) and not found.startswith("0")
        years = re.fullmatch(r"\d{4}[ -]\d{4}", found)
        if count < 7 or count > _MAX_PHONE_FIGURES or thousands or years:
            return found
        said = [
            group if self.pairs and len(group) == 2 and group[0] != "0" else self._one_by_one(group) for group in groups
        ]
        return (f"{self.plus} " if found.startswith("+") else "") + self.phone_joint.join(said)

    def _money(self, symbol: str, figures: str, scale: str | None, sign: str | None) -> str:
        currency = self.currencies[symbol]
        whole, fraction = self._parts(figures)
        minus = self.minus if sign else ""
        if scale:
            return f"{minus}{self._number(figures)} {scale}{self.scale_link}{currency.many}"
        if not fraction or not int(fraction) or len(fraction) > 2 or not currency.cents:
            said = self._number(figures) if fraction and int(fraction) else whole
            return minus + (currency.one if said == "1" else f"{said}{self.between}{currency.many}")
        cents = int(fraction.ljust(2, "0"))
        if whole == "0":
            return f"{minus}{cents}{self.between}{currency.cents}"
        units = currency.one if whole == "1" else f"{whole}{self.between}{currency.many}"
        return minus + self.money.format(units=units, n=cents, cents=currency.cents)

    def _measure(self, match: re.Match[str]) -> str:
        minus, figures, unit = match.groups()
        one, many = self.units[unit]
        number = self._number(figures)
        return (self.minus if minus else "") + (one if number == "1" else f"{number}{self.between}{many}")

    def _fraction(self, match: re.Match[str]) -> str:
        whole, above, below = match.groups()
        if int(above) >= int(below) or (whole and not self.fractions):
            return match[0]
        named = self.fractions.get(f"{above}/{below}")
        if named:
            return f"{whole} {self.ampersand} {named}" if whole else named
        return self.fraction.format(above=above, below=below) if self.fraction else match[0]

    def spoken(self, text: str) -> str:
        """The text with symbols as words and numbers as plain digits."""
        text = spoken_addresses(text, self.signs)
        for sign, said in _VULGAR.items():
            text = text.replace(sign, f" {said}") if sign in text else text
        for pattern, replacement in self._rules:
            text = pattern.sub(replacement, text)
        return text
