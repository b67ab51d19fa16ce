"""English fractions, ordinals, years, ranges and all remaining numbers."""

import re
from typing import Final

from services.kit.reading.english.quantities import NUMBER
from services.kit.reading.numbers import cardinal, decimal, digits, ordinal, year

_VULGAR: Final = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8", "⅜": "3/8",
                  "⅝": "5/8", "⅞": "7/8"}  # fmt: skip
_VULGAR_SIGN: Final = re.compile(rf"(\d)?\s?([{''.join(_VULGAR)}])")
_SET_PHRASES: Final = ((re.compile(r"(?<![\d/])24/7(?![\d/])"), "twenty-four seven"),
                       (re.compile(r"(?<![\d/])50[/-]50(?![\d/])"), "fifty-fifty"),
                       (re.compile(r"(?<![\d/])9/11(?![\d/])"), "nine eleven"))  # fmt: skip
_MIXED: Final = re.compile(r"(?<![\w.,/-])(?:(\d{1,3})[ -])?(\d{1,2})/(\d{1,3})(?![\w/]|\.\d)(\s?[\"″](?=\W|$))?")
_SLASHED: Final = re.compile(r"(?<![\w.,/-])(\d{1,9})/(\d{1,9})(?![\w/])")
_ORDINAL: Final = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:st|nd|rd|th|ST|ND|RD|TH)\b")
_DECADE: Final = re.compile(r"(?<![\w.,])'?((?:1[1-9]|20)?\d0)'?s\b")
_APOSTROPHE_YEAR: Final = re.compile(r"(?<!\w)'(\d\d)(?![\w'])")
_YEAR: Final = r"1[1-9]\d\d|20\d\d"
_YEARS: Final = re.compile(rf"(?<![\w.,$€£-])({_YEAR})\s?[-–—/]\s?({_YEAR}|\d\d)(?!\w|[.,]\d|-)")
# A number such as 2000 before one of these words is a count, not a year.
_COUNTED: Final = "people|users|units|points|steps|items|words|members|customers|guests|pieces|times"
_SAID_YEAR: Final = re.compile(
    r"\b(in|since|by|from|until|till|before|after|during|year|circa|early|mid|late|of|summer|winter|spring|fall|autumn)"
    rf"[ -]({_YEAR}|10\d\d)(?!\w|[.,]\d|-\d|\s(?:{_COUNTED})\b)",
    re.IGNORECASE,
)
_LONE_YEAR: Final = re.compile(rf"(?<![\w.,-])(19\d\d|20\d\d)(?!\w|[.,:]\d|-\d|\s(?:{_COUNTED})\b)")
_RANGE: Final = re.compile(rf"(?<![\w.,-])(-?(?:{NUMBER}))\s?(?:[–—~]|-(?=\d))\s?({NUMBER})(?![\w-]|[.,]\d)")
_SCORE: Final = re.compile(r"(?<![\w.:])(\d{1,3}):(\d{1,3})(?![\w:])")
_POWER: Final = re.compile(r"(?<![\w.])(\d{1,18})\^(-?\d{1,3})(?!\w)|(\d)([²³])")
_SIGN: Final = re.compile(rf"(?<![\w.,)-])([-+±~≈])\s?(?=(?:{NUMBER})(?![\w-]))")
_MINUS: Final = re.compile(r"(?<=\d)\s?(?:\s-\s|[−])\s?(?=\d)")
_PLUS: Final = re.compile(r"(?<=\d)\+(?!\d)(?!\w)")
_HYPHENED: Final = re.compile(r"(?<![\w.,-])(\d{1,6}(?:\.\d{1,3})?)-(?=[a-zA-Z])")
_NUMBER: Final = re.compile(rf"(?<![\d.,])(?:{NUMBER})(?!\d)")
_FIGURES: Final = re.compile(r"\d{1,5000}")
_PARTS: Final = {2: "half", 4: "quarter"}
_DENOMINATORS: Final = frozenset((*range(2, 21), 25, 30, 32, 40, 50, 60, 64, 100))


def _fraction(match: re.Match[str]) -> str:
    whole, above, below, inch = match.groups()
    if int(below) not in _DENOMINATORS or int(above) >= int(below) or int(above) == 0:
        return match[0]
    part = _PARTS.get(int(below)) or ordinal(below)
    many = int(above) > 1
    share = (
        f"{cardinal(above)} {part}{'s' if many else ''}"
        if whole is None
        else f"{'a' if not many else cardinal(above)} {part}{'s' if many else ''}"
    )
    said = f"{cardinal(whole)} and {share}" if whole else share
    if not inch or match.string.count('"', 0, match.start()) % 2:
        return said + (inch or "")
    return said + (" inches" if whole else " of an inch")


def _decade(match: re.Match[str]) -> str:
    figures = match[1]
    said = year(figures) if len(figures) == 4 else cardinal(figures)
    if said.endswith("zero"):
        return match[0]
    return said[:-1] + "ies" if said.endswith("y") else said + "s"


def _years(match: re.Match[str]) -> str:
    first, last = match.groups()
    return f"{year(first)} to {year(last) if len(last) == 4 else cardinal(last)}"


def _power(match: re.Match[str]) -> str:
    if match[3]:
        return f"{match[3]} {'squared' if match[4] == '²' else 'cubed'}"
    exponent = match[2].lstrip("-")
    return f"{cardinal(match[1])} to the power of {'minus ' if match[2][0] == '-' else ''}{cardinal(exponent)}"


def _number(match: re.Match[str]) -> str:
    figures = match[0]
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    said = decimal(figures.replace(",", "") if "." in figures else figures)
    return (" " if before.isalnum() else "") + said + (" " if after.isalnum() else "")


def spoken_figures(text: str) -> str:
    """The text with all remaining numbers in words."""
    text = _VULGAR_SIGN.sub(lambda m: (f"{m[1]} " if m[1] else "") + _VULGAR[m[2]], text)
    for pattern, said in _SET_PHRASES:
        text = pattern.sub(said, text)
    text = _MIXED.sub(_fraction, text)
    text = _SLASHED.sub(r"\1 out of \2", text)
    text = _ORDINAL.sub(lambda m: ordinal(m[1]), text)
    text = _YEARS.sub(_years, _DECADE.sub(_decade, text))
    text = _SAID_YEAR.sub(lambda m: f"{m[1]} {year(m[2])}", text)
    text = _LONE_YEAR.sub(lambda m: year(m[1]), text)
    text = _APOSTROPHE_YEAR.sub(lambda m: f"oh {cardinal(m[1][1])}" if m[1][0] == "0" else cardinal(m[1]), text)
    text = _SCORE.sub(lambda m: f"{cardinal(m[1])} to {cardinal(m[2])}", text)
    text = _POWER.sub(_power, text)
    text = _RANGE.sub(lambda m: f"{m[1]} to {m[2]}", text)
    text = _SIGN.sub(lambda m: {"-": "minus ", "+": "plus ", "±": "plus or minus "}.get(m[1], "about "), text)
    text = _PLUS.sub(" plus", _MINUS.sub(" minus ", text))
    text = _HYPHENED.sub(lambda m: f"{decimal(m[1])}-", text)
    return _FIGURES.sub(lambda m: digits(m[0]), _NUMBER.sub(_number, text))
