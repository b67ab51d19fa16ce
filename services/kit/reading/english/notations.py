"""Rewrites numbers in the notation of other countries, as English writes them: "€1.234,56" is "€1,234.56"."""

import re
from typing import Final

from services.kit.reading.english.words import CODES, CURRENCIES, UNITS


def _alternatives(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_MONEY: Final = _alternatives([*CURRENCIES, *CODES])
_QUANTITY: Final = rf"(?:{_MONEY}|%|{_alternatives(list(UNITS))})(?!\w)"

_LAKHS: Final = re.compile(r"(?<![\d,])(?<!\d\.)\d{1,2}(?:,\d\d){1,6},\d{3}(?!\d|,\d)")
_POINTS: Final = r"\d{1,3}(?:[. ]\d{3}){1,4}|\d{1,9}"
_AFTER_SIGN: Final = re.compile(rf"(?<!\w)({_MONEY})(\s?-?)({_POINTS}),(\d{{1,2}}|--?|[–—])(?!\d|,\d)")
_BEFORE_SIGN: Final = re.compile(
    rf"(?<![\w.,])({_POINTS}),(\d{{1,2}})(?=(?:\s(?:thousand|million|billion))?\s?{_QUANTITY})"
)
_SPACED: Final = re.compile(
    rf"(?<![\w.,/-])(?<!\d )(?:\d{{1,3}}(?: \d{{3}}){{1,4}}(?=(?:\.\d\d)?\s?(?:{_MONEY})(?!\w))"
    rf"|\d{{1,3}}(?: \d{{3}}){{0,3}} 000(?=\s[a-z]|[.!?]?$))"
)
_SPACED_AFTER_SIGN: Final = re.compile(rf"(?<!\w)({_MONEY})(\s?-?)(\d{{1,3}}(?: \d{{3}}){{1,4}})(?![\d]|[ -]\d)")
# The same measure in another unit: "180°C/350°F".
_UNIT_PAIR: Final = re.compile(
    rf"((?<=\d)\s?(?:{_alternatives(list(UNITS))})|(?<=[a-z][a-z]))\s?/\s?(?=\d)(\d{{1,3}}\s?(?:h|hrs?|hours?|days?|min)\b)?"
)
_ABOUT: Final = re.compile(r"(?<!\w)[~≈]\s?(?=[\d$€£¥₹])")
_POINT_GROUPS: Final = re.compile(
    rf"(?<!\w)({_MONEY})(\s?-?)(\d{{1,3}}(?:\.\d{{3}}){{2,4}})(?!\d|[.,]\d)"
    rf"|(?<![\w.,])(\d{{1,3}}(?:\.\d{{3}}){{2,4}})(?=\s?(?:{_MONEY})(?!\w))"
)
# A comma that cannot group thousands separates two numbers: "10,12".
_NO_GROUP: Final = re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))")
_APOSTROPHES: Final = re.compile(r"(?<![\w.,'’])\d{1,3}(?:['’]\d{3}){1,4}(?!\w|['’]\w)")


def _grouped(figures: str) -> str:
    """The digits of a whole number with a comma between thousands."""
    return f"{int(re.sub(r'[^0-9]', '', figures)):,}"


def _decimal(whole: str, fraction: str) -> str:
    return f"{_grouped(whole)}.{fraction}" if fraction.isdecimal() else _grouped(whole)


def english_notation(text: str) -> str:
    """The text with its numbers grouped in thousands by commas, and with points before decimals."""
    if "," in text:
        text = _LAKHS.sub(lambda m: _grouped(m[0]), text)
        text = _AFTER_SIGN.sub(lambda m: m[1] + m[2] + _decimal(m[3], m[4]), text)
        text = _BEFORE_SIGN.sub(lambda m: _decimal(m[1], m[2]), text)
        text = _NO_GROUP.sub(", ", text)
    if " " in text:
        text = _SPACED_AFTER_SIGN.sub(lambda m: m[1] + m[2] + _grouped(m[3]), text)
        text = _SPACED.sub(lambda m: _grouped(m[0]), text)
    if "." in text:
        text = _POINT_GROUPS.sub(lambda m: (m[1] or "") + (m[2] or "") + _grouped(m[3] or m[4]), text)
    text = _ABOUT.sub("about ", text)
    if "/" in text:
        text = _UNIT_PAIR.sub(lambda m: f"{m[1]} per {m[2]}" if m[2] else f"{m[1]}, ", text)
    return _APOSTROPHES.sub(lambda m: _grouped(m[0]), text)
