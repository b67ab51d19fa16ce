"""Telephone numbers, codes and versions, in languages other than English."""

import re
from collections.abc import Iterator
from typing import Final

from services.kit.reading.languages.numerals import Numerals, Rule, alternatives

_VERSION: Final = re.compile(r"(?<![A-Za-z0-9_.])[vV]?(\d{1,5}(?:\.\d{1,5}){2,5})(?!\.?\d)", re.A)
_PHONE: Final = re.compile(
    r"(?<![\w.,$€£¥/:-])(\+\d{1,3}[ .-]?)?(\(\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]\d{2,8}){1,5}(?![\d/:%-]|[.,]\d)", re.A
)
_MOBILE: Final = re.compile(r"(?<![\d.,$€£¥/:-])(?:1[3-9]\d{9}|0\d{8,10})(?![\d.,])", re.A)
_LONG: Final = re.compile(r"(?<![\d.,])\d{11,}(?![\d]|[.,]\d)", re.A)
_CODE: Final = r"(\d{2,6}(?:[ -]\d{2,6}){1,4}|\d{4,10})(?![\w/:%-]| \d|[.,:]\d|\s?[%€$£₹¥])"
_MAX_PHONE_FIGURES: Final = 15


class Codes:
    """Rules for numbers that are names."""

    def __init__(self, numerals: Numerals) -> None:
        self._numerals = numerals
        self._words = numerals.words

    def rules(self) -> Iterator[Rule]:
        """The rules in their order."""
        money = alternatives({currency.many for currency in self._words.currencies.values()})
        words = rf"(?<![a-zA-Z0-9])((?:{self._words.code})[\s:：#]{{0,3}})"
        code = re.compile(rf"{words}{_CODE}(?!\s?(?:{money}))", re.A | re.I)
        yield _VERSION, self._version
        yield code, lambda m: m[1] + self._numerals.groups(m[2])
        yield _MOBILE, lambda m: self._numerals.one_by_one(m[0])
        yield _PHONE, self._phone
        yield _LONG, lambda m: self._numerals.one_by_one(m[0])

    def _version(self, match: re.Match[str]) -> str:
        head, *groups = match[1].split(".")
        if self._words.grouping == "." and len(head) <= 3 and all(len(group) == 3 for group in groups):
            return match[0]
        return f" {self._words.signs.dot} ".join((head, *groups))

    def _phone(self, match: re.Match[str]) -> str:
        found = match[0]
        groups = re.findall(r"\d+", found)
        count = sum(map(len, groups))
        thousands = re.fullmatch(r"\d{1,2}(?:[ .]\d{3})+|\d{3}[ .]\d{3}", found) and not found.startswith("0")
        years = re.fullmatch(r"\d{4}[ -]\d{4}", found)
        if count < 7 or count > _MAX_PHONE_FIGURES or thousands or years:
            return found
        pairs = self._words.pairs
        said = [
            group if pairs and len(group) == 2 and group[0] != "0" else self._numerals.one_by_one(group)
            for group in groups
        ]
        return (f"{self._words.plus} " if found.startswith("+") else "") + self._words.phone_joint.join(said)
