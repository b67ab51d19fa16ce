"""English fractions, ratings and divisions: the uses of "/" between two numbers."""

import re
from typing import Final

from services.kit.reading.english.quantities import NUMBER, unit_name
from services.kit.reading.english.words import UNITS
from services.kit.reading.numbers import cardinal, decimal, ordinal

_START: Final = r"(?<![\w.,/-])"
_SET_PHRASES: Final = (
    (re.compile(r"(?<![\d/])24/7/365(?![\d/])"), "twenty-four seven, three sixty-five"),
    (re.compile(r"(?<![\d/])24/7(?![\d/])"), "twenty-four seven"),
    (re.compile(r"(?<![\d/])50[/-]50(?![\d/])"), "fifty-fifty"),
    (re.compile(r"(?<![\d/])20/20(?![\d/])"), "twenty twenty"),
    (re.compile(r"(?<![\d/])9/11(?![\d/])"), "nine eleven"),
)
_FRACTION_BY: Final = re.compile(r"(\d/\d{1,2}[\"″]?)\s?[x×]\s?(?=\d)")
_PRESSURE: Final = re.compile(r"(?<![\w.,/-])(\d{2,3})/(\d{2,3})(?=\s?mmHg)")
_DIVISION: Final = re.compile(rf"{_START}({NUMBER})\s?/\s?({NUMBER})(?=\s?=)|{_START}({NUMBER}) / ({NUMBER})(?![\w/])")
_RATING: Final = re.compile(
    rf"{_START}(\d{{1,3}}(?:\.\d{{1,2}})?)\s?/\s?(\d{{1,3}})(?=[\s-](?:stars?|points?|rating|score|reviews?)\b)"
    rf"|{_START}(\d{{1,3}}\.\d{{1,2}})/(\d{{1,3}})(?![\w/]|\.\d)"
)
_RATED: Final = re.compile(
    r"\b(rated|rating|ratings|rates|scored?|scores|grade|stars)((?:\s(?:of|is|was|it|us|at)|:)?\s)"
    r"(\d{1,3}(?:\.\d{1,2})?)\s?/\s?(\d{1,3})(?![\w/]|\.\d)",
    re.I,
)
_NOUNS: Final = (
    "cups?|hours?|miles?|pounds?|teaspoons?|tablespoons?|gallons?|pints?|quarts?|ounces?|lit(?:er|re)s?|acres?"
)
_WHOLES: Final = "the|them|us|you|it|all|an?|my|your|our|his|her|its|their|people|those|these|this|that|what"
_MEASURED: Final = re.compile(
    rf"{_START}(?:(\d{{1,3}})[ -])?(\d{{1,2}})/(\d{{1,3}})(?:\s?-?("
    + "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    + rf")(?![\w²³/])\.?(?=\s|[,;:!?)]|$)|(?=[\s-](?:{_NOUNS})\b|\sof\s(?:{_WHOLES})\b))"
)
_MIXED: Final = re.compile(rf"{_START}(?:(\d{{1,3}})[ -])?(\d{{1,2}})/(\d{{1,3}})(?![\w/]|\.\d)(\s?[\"″](?=\W|$))?")
# A noun that a size in inches describes, as in 1/4" slices.
_DESCRIBED: Final = re.compile(
    r"\s(?!(?:thick|wide|long|deep|tall|high|from|to|of|and|or|in|on|at|is|are|below|above)\b)[a-z]"
)
_SLASHED: Final = re.compile(rf"{_START}(\d{{1,9}})/(\d{{1,9}})(?![\w/])")
_PARTS: Final = {2: "half", 4: "quarter"}
# "18/20" is a score; "1/20" is a fraction.
_DENOMINATORS: Final = frozenset((*range(2, 17), 32, 64))
_UNIT_DENOMINATORS: Final = frozenset((*range(2, 21), 25, 30, 32, 40, 50, 60, 64, 100, 1000))
_VOWEL_SOUND: Final = re.compile(r"[aeio]|hour")


def _share(whole: str | None, above: str, below: str) -> str | None:
    """A fraction in words; None where a person would not say it as one."""
    one = int(above) == 1
    if int(below) not in (_UNIT_DENOMINATORS if one else _DENOMINATORS) or not 0 < int(above) < int(below):
        return None
    part = (_PARTS.get(int(below)) or ordinal(below)) + ("" if one else "s")
    part = part.replace("halfs", "halves")
    if whole is None:
        return f"{cardinal(above)} {part}"
    return f"{cardinal(whole)} and {'a' if one else cardinal(above)} {part}"


def _measured(match: re.Match[str]) -> str:
    whole, above, below, unit = match.groups()
    share = _share(whole, above, below)
    if share is None:
        return match[0]
    stop = "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""
    if unit is None:
        return share
    if whole:
        return f"{share} {unit_name(unit, one=False)}{stop}"
    name = unit_name(unit, one=True)
    article = "an" if _VOWEL_SOUND.match(name) else "a"
    return f"{'half' if share == 'one half' else f'{share} of'} {article} {name}{stop}"


def _fraction(match: re.Match[str]) -> str:
    whole, above, below, inch = match.groups()
    share = _share(whole, above, below)
    if share is None:
        return match[0]
    if not inch or match.string.count('"', 0, match.start()) % 2:
        return share + (inch or "")
    if whole:
        return share + " inches"
    return share + (" inch" if _DESCRIBED.match(match.string, match.end()) else " of an inch")


def _number(figures: str) -> str:
    return decimal(figures.replace(",", ""))


def _division(match: re.Match[str]) -> str:
    above, below, spaced_above, spaced_below = match.groups()
    if above is None:
        above, below = spaced_above, spaced_below
        if float(above.replace(",", "")) <= float(below.replace(",", "")):
            return f"{above}/{below}"
    return f"{_number(above)} divided by {_number(below)}"


def spoken_ratios(text: str) -> str:
    """The text with divisions, ratings and fractions of a measure in words; none of these is a date."""
    text = _FRACTION_BY.sub(r"\1 by ", text)
    for pattern, said in _SET_PHRASES:
        text = pattern.sub(said, text)
    text = _DIVISION.sub(_division, _PRESSURE.sub(r"\1 over \2", text))
    text = _RATING.sub(lambda m: f"{_number(m[1] or m[3])} out of {_number(m[2] or m[4])}", text)
    text = _RATED.sub(lambda m: f"{m[1]}{m[2]}{_number(m[3])} out of {_number(m[4])}", text)
    return _MEASURED.sub(_measured, text)


def spoken_fractions(text: str) -> str:
    """The text with all other numbers around a "/" in words, such as the blood pressure "120/80"."""
    text = _MIXED.sub(_fraction, text)
    return _SLASHED.sub(lambda m: f"{m[1]} {'over' if int(m[1]) > int(m[2]) else 'out of'} {m[2]}", text)
