"""The words of one language for numbers and symbols, as its file of this folder has them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from services.kit.reading.web_addresses import Signs


@dataclass(frozen=True)
class Currency:
    """Names of a currency: singular, plural, hundredths."""

    one: str
    many: str
    cents: str = ""


@dataclass(frozen=True)
class Words:
    """A language's words and templates.

    decimal: what the language's phonemiser reads as the decimal point; grouping: the separator of thousands. figures: 0
    to 9 as they are said one by one; pairs: groups of two are said as numbers in telephone numbers, as in French.
    between: the separator of words.

    months, date, short_date, first_day; date_words: after these words 3/5 is a date; date_endings: before these.
    weekdays: by abbreviation. time, hour: the time of day; one_hour: its word for one o'clock.
    duration: (one, many) of day, hour, minute, second; duration_link: the word before the last of them.

    money, percent, scales ("million" and the like), scale_link: the word between them and a currency. units: (one,
    many) of each unit, written short or in full. per joins an amount with what it is counted by: `pers` by the word
    after "/", else `per_unit`.

    fractions: (one, many) by denominator; fraction: for all others; fraction_of: the word between a fraction and its
    unit; halves, and_half: "half a" and "and a half" by the article of the unit; mixed: a whole number with a fraction,
    some by the fraction or by both. ratio: a rating, rated_as: one before a noun of `rated`; over: a quotient such as
    blood pressure; divided: a division. by: "×" between sides; multiplied: in a calculation; times: after a number.

    code: the words before a code, whose digits are said one by one. phrases: said in place of a whole expression.
    counters, two_of: the special word for two before one of the counters. myriads: signs for every further four digits
    of a number. corrected: wordings that replace others at the end, such as numbers with their counters.
    """

    signs: Signs
    decimal: str
    grouping: str
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
    duration: tuple[tuple[str, str], ...]
    per: str
    per_unit: str
    ratio: str
    over: str
    divided: str
    by: str
    times: str
    one_time: str
    code: str
    rated: str
    rated_as: str
    mixed: Mapping[str, str]
    pers: Mapping[str, str]
    phrases: Mapping[str, str]
    months: tuple[str, ...] = ()
    short_date: str = ""
    first_day: str = ""
    date_words: str = ""
    date_endings: str = ""
    weekdays: Mapping[str, str] = field(default_factory=dict)
    one_hour: str = ""
    zero_minute: str = ""
    scales: str = ""
    scale_link: str = " "
    fractions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    fraction: str = ""
    fraction_of: str = " "
    halves: Mapping[str, str] = field(default_factory=dict)
    and_half: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[str, ...] = tuple("0123456789")
    between: str = " "
    pairs: bool = False
    phone_joint: str = ", "
    duration_link: str = ""
    counters: str = ""
    two_of: str = ""
    myriads: str = ""
    multiplied: str = ""
    corrected: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def articles(self) -> str:
        """A pattern of the word for one before a unit."""
        return "|".join(sorted({*self.halves, *self.and_half}, key=len, reverse=True))

    def noun(self, unit: str) -> tuple[str, str]:
        """The article of a unit and its singular: "un", "kilo"."""
        one = self.units[unit][0]
        for article in self.articles.split("|"):
            if article and one.startswith(article):
                return article, one.removeprefix(article).strip()
        return "", one.removeprefix("1")


def words_of(path: Path) -> Words:
    """The words of a file. A unit that has its names only in full, as "una taza" = "tazas", is found by both."""
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    units = {unit: (one, many) for unit, (one, many) in table["units"].items()}
    for one, many in table.pop("nouns", {}).items():
        singular = one.rpartition(" ")[2].rpartition("'")[2]
        units |= {singular: (one, many), many: (one, many)}
    table |= {
        "signs": Signs(**table["signs"]),
        "currencies": {symbol: Currency(*names) for symbol, names in table["currencies"].items()},
        "units": units,
        "fractions": {below: (one, many) for below, (one, many) in table.get("fractions", {}).items()},
        "duration": tuple((one, many) for one, many in table["duration"]),
        "figures": tuple(table.get("figures", "0123456789")),
        "months": tuple(table.get("months", ())),
    }
    return Words(**table)
