"""Writes numbers and symbols as words, for languages whose phonemiser reads plain numbers itself."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from services.kit.reading.languages.calendar import Calendar
from services.kit.reading.languages.codes import Codes
from services.kit.reading.languages.fractions import Fractions
from services.kit.reading.languages.numerals import END, LETTERS, NUMBER, START, Numerals, Rule, alternatives
from services.kit.reading.languages.quantities import Quantities
from services.kit.reading.languages.words import Words
from services.kit.reading.web_addresses import spoken_addresses

_MINUS: Final = re.compile(r"(?<![A-Za-z0-9_.,)\u0900-\u097f-])-\s?(?=\d)", re.A)
_PLUS: Final = re.compile(r"(?<!\w)\+\s?(?=\d)|(?<=\d)\s\+\s(?=\d)", re.A)
_LEFT: Final = re.compile(r"[\\|^~=<>{}\[\]_*#@§¬]")


class Language:
    """A language other than English."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._numerals = Numerals(words)

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return tuple(self._in_order())

    def _in_order(self) -> Iterator[Rule]:
        words, numerals = self._words, self._numerals
        quantities, fractions = Quantities(numerals), Fractions(numerals)
        yield (
            re.compile(rf"(?<![{LETTERS}0-9_.])(?:{alternatives(words.shorthand)})(?![{LETTERS}_])"),
            self._written_out,
        )
        yield from quantities.first_rules()
        yield from fractions.ratios()
        yield from Calendar(words).rules()
        yield from Codes(numerals).rules()
        yield from fractions.rules()
        yield from quantities.rules()
        yield re.compile(rf"{START}(?:{NUMBER}){END}", re.A), lambda m: numerals.number(m[0])
        if words.counters:
            yield re.compile(rf"(?<![0-9.第初])2(?=[{words.counters}])"), words.two_of
        if words.corrected:
            # A number before "の" and a number is the denominator of a fraction.
            corrected = re.compile(rf"(?<![0-9.])(?:{alternatives(words.corrected)})(?!の[0-9])")
            yield corrected, lambda m: words.corrected[m[0]]
        yield _MINUS, words.minus
        yield _PLUS, f" {words.plus} "
        yield re.compile(r"(?<=\w)\s?[=＝]\s?(?=\w)"), f" {words.equals} "
        yield re.compile(r"\s?[&＆]\s?"), f" {words.ampersand} "
        yield re.compile(rf"(?<=[{LETTERS}])\s?/\s?(?=[{LETTERS}])"), " "
        yield _LEFT, " "

    def _written_out(self, match: re.Match[str]) -> str:
        ends = match[0].endswith(".") and not match.string[match.end() :].strip()
        return self._words.shorthand[match[0]] + ("." if ends else "")

    def spoken(self, text: str) -> str:
        """The text with symbols as words and numbers as plain digits."""
        text = spoken_addresses(text, self._words.signs)
        for pattern, replacement in self._rules:
            text = pattern.sub(replacement, text)
        return text
