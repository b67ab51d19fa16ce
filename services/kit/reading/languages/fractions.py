"""Fractions, ratings and divisions, in languages other than English."""

import re
from collections.abc import Iterator
from typing import Final

from services.kit.reading.languages.numerals import LETTERS, NUMBER, START, Numerals, Rule, alternatives

_END: Final = r"(?![A-Za-z0-9_/]|[.,]\d)"
_DIVISION: Final = re.compile(
    rf"{START}({NUMBER})\s?/\s?({NUMBER})(?=\s?[=＝])|{START}({NUMBER}) / ({NUMBER}){_END}|(?<=\d)\s?÷\s?(?=\d)", re.A
)
_DECIMAL_RATING: Final = re.compile(rf"{START}(\d{{1,3}}[.,]\d{{1,2}})/(\d{{1,3}}){_END}", re.A)
_MONTHS: Final = 12
_DAYS: Final = 31


class Fractions:
    """Rules for two numbers with "/" between them."""

    def __init__(self, numerals: Numerals) -> None:
        self._numerals = numerals
        self._words = numerals.words

    def ratios(self) -> Iterator[Rule]:
        """Rules for divisions, ratings and set phrases; none of these is a date or a code."""
        for phrase, said in self._words.phrases.items():
            yield re.compile(rf"(?<![\w/]){re.escape(phrase)}(?![\w/])", re.A), said
        yield _DIVISION, self._division
        rated = rf"{START}(\d{{1,3}}(?:[.,]\d{{1,2}})?)\s?/\s?(\d{{1,3}})\s?({self._words.rated})"
        yield re.compile(rated, re.A), self._rated
        yield _DECIMAL_RATING, self._rating

    def rules(self) -> Iterator[Rule]:
        """Rules for all other fractions."""
        units = alternatives(self._words.units)
        unit = rf"(?:\s?({units})(?![{LETTERS}0-9_²³/])|{_END})"
        fraction = rf"(?<![A-Za-z0-9_.,/-])(?:(\d{{1,3}}) )?(\d{{1,4}})/(\d{{1,4}}){unit}"
        yield re.compile(fraction, re.A), self._fraction

    def _division(self, match: re.Match[str]) -> str:
        above, below = match[1] or match[3], match[2] or match[4]
        if above is None:
            return self._words.divided
        first, last = self._numerals.number(above), self._numerals.number(below)
        if match[1] is None and len(first) <= len(last) and first <= last:
            return f"{above}/{below}"
        return f"{first}{self._words.divided}{last}"

    def _rating(self, match: re.Match[str]) -> str:
        return self._words.ratio.format(above=self._numerals.number(match[1]), below=match[2])

    def _rated(self, match: re.Match[str]) -> str:
        return self._words.rated_as.format(above=self._numerals.number(match[1]), below=match[2], noun=match[3])

    def _fraction(self, match: re.Match[str]) -> str:
        whole, above, below, unit = match.groups()
        words = self._words
        end = match[0][match.end(3) - match.start() :] if unit else ""
        if int(above) >= int(below) or int(above) == 0:
            if whole or (int(above) != int(below) and int(above) <= _DAYS and int(below) <= _MONTHS):
                return self._date_or_same(match)
            template = words.ratio if int(above) == int(below) else words.over
            return template.format(above=above, below=below) + end
        share = self._share(above, below)
        if share is None:
            return words.ratio.format(above=above, below=below) + end if whole is None else match[0]
        if whole is not None:
            return self._mixed(whole, above, below, share, unit)
        if not unit:
            return share
        article, noun = words.noun(unit)
        if (above, below) == ("1", "2") and article in words.halves:
            return words.halves[article].format(noun=noun)
        return f"{share}{words.fraction_of}{noun}"

    def _share(self, above: str, below: str) -> str | None:
        words = self._words
        if below in words.fractions:
            one, many = words.fractions[below]
            return one if above == "1" else f"{above} {many}"
        return words.fraction.format(above=above, below=below) if words.fraction else None

    def _date_or_same(self, match: re.Match[str]) -> str:
        whole, day, month, unit = match.groups()
        words = self._words
        if whole or unit or not words.short_date or not words.months or not int(day) or not int(month):
            return match[0]
        return words.short_date.format(day=int(day), month=words.months[int(month) - 1])

    def _mixed(self, whole: str, above: str, below: str, share: str, unit: str | None) -> str:
        words = self._words
        article = words.noun(unit)[0] if unit else ""
        counted = whole
        if unit:
            one, many = words.units[unit]
            counted = one if whole == "1" and article else f"{whole}{words.between}{many}"
        if (above, below) == ("1", "2") and article in words.and_half:
            return f"{counted} {words.and_half[article]}"
        template = (
            words.mixed.get(f"{whole} {above}/{below}") or words.mixed.get(f"{above}/{below}") or words.mixed["any"]
        )
        said = template.format(whole=whole, next=int(whole) + 1, share=share, counted=counted)
        if unit and "{counted}" not in template:
            said += words.between + (words.units[unit][1])
        return said
