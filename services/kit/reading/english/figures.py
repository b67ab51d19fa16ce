"""English ordinals, years, ranges and all remaining numbers."""

import re
from typing import Final

from services.kit.reading.english.fractions import spoken_fractions
from services.kit.reading.english.quantities import NUMBER
from services.kit.reading.numbers import cardinal, decimal, digits, ordinal, year

_ORDINAL: Final = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:st|nd|rd|th|ST|ND|RD|TH)\b")
_DECADE: Final = re.compile(r"(?<![\w.,])'?((?:1[1-9]|20)?\d0)'?s\b")
_APOSTROPHE_YEAR: Final = re.compile(r"(?<!\w)'(\d\d)(?![\w'])")
_YEAR: Final = r"1[1-9]\d\d|20\d\d"
_YEARS: Final = re.compile(rf"(?<![\w.,$€£-])({_YEAR})\s?[-–—/]\s?({_YEAR}|\d\d)(?!\w|[.,]\d|-)")
_NOT_NOUNS: Final = (
    "and|or|but|to|at|in|on|by|for|with|from|of|as|if|when|while|because|after|before|until|since|that|which|who|was|is"
    "|were|are|has|had|have|will|would|does|did|do|can|could|may|not|too|so|then|now|still|already|again|they|we|you|he|she"
    "|it|brings|marks|looks|starts|sees|comes|goes|ends|begins|seems|feels|means|remains|shows|gets|makes|through|onwards?|via"
)
# Things that have a year, such as "2026 models".
_YEARLY: Final = (
    "models|results|prices|elections|taxes|rates|plans|budgets|seasons|editions|games|calendars|holidays|awards|sales"
    "|forecasts|figures|goals|numbers|earnings|olympics|finals|dates|bookings|courses|returns|reports|rules"
)
# A number such as 2000 before one of these words is a count, not a year.
_COUNTED: Final = "people|users|units|points|steps|items|words|members|customers|guests|pieces|times"
# So is one between these words and a noun, as in "we have 2026 lamps".
_COUNT: Final = re.compile(
    r"\b(have|has|had|having|are|were|with|sold|sell|sells|needs?|needed|bought|made|ordered|received|shipped|counted|holds"
    r"|contains?|includes?|got|over|only|just|nearly|almost|than|exactly|another|all|approximately|roughly|least|most"
    rf"|total of|stock of|up to|about|some|these|those)\s({_YEAR})(?=\s(?!(?:{_NOT_NOUNS})\b)[a-z]{{2,}})",
    re.IGNORECASE,
)
# A plural noun after a number that no other word belongs to: "2015 boxes were sold".
_COUNT_FIRST: Final = re.compile(
    rf"(?:^|(?<=[.!?] ))({_YEAR})(?=\s(?!(?:{_NOT_NOUNS}|{_YEARLY})\b)[a-z]{{2,14}}s"
    r"(?:\s(?:are|were|have|had|will|remain|left|came|come|arrived|sold|in|per|for|with|to)\b|[.!?,]|$))"
)
_SAID_YEAR: Final = re.compile(
    r"\b(in|since|by|from|until|till|before|after|during|year|circa|early|mid|late|of|summer|winter|spring|fall|autumn)"
    rf"[ -]({_YEAR}|10\d\d)(?!\w|[.,]\d|-\d|\s(?:{_COUNTED})\b)",
    re.IGNORECASE,
)
_ERA: Final = re.compile(r"(?<![\w.,])([1-9]\d{2,3})\s(BC|BCE|AD|CE)\b")
_LONE_YEAR: Final = re.compile(rf"(?<![\w.,-])(19\d\d|20\d\d)(?!\w|[.,:]\d|-\d|\s(?:{_COUNTED})\b)")
_RANGE: Final = re.compile(rf"(?<![\w.,-])(-?(?:{NUMBER}))\s?(?:[–—~]|-(?=\d))\s?({NUMBER})(?![\w-]|[.,]\d)")
_PROPORTION: Final = re.compile(
    r"\b(ratio(?: of| is)?|diluted?|dilution(?: of)?|scale(?: of)?|odds(?: of)?|mix(?:ed)?)"
    r"\s(\d{1,3}):(\d{1,4})(?![\w:])",
    re.I,
)
_SCORE: Final = re.compile(r"(?<![\w.:])(\d{1,3}):(\d{1,3})(?![\w:])")
_POWER: Final = re.compile(r"(?<![\w.])(\d{1,18})\^(-?\d{1,3})(?!\w)|(\w)([²³])")
_SIGN: Final = re.compile(rf"(?<![\w.,)-])([-+±~≈])\s?(?=(?:{NUMBER})(?![\w-]))")
_MINUS: Final = re.compile(r"(?<=\d)\s?(?:\s-\s|[−])\s?(?=\d)")
_PLUS: Final = re.compile(r"(?<=\d)\+(?!\d)(?!\w)")
_HYPHENED: Final = re.compile(r"(?<![\w.,-])(\d{1,6}(?:\.\d{1,3})?)-(?=[a-zA-Z])")
_NUMBER: Final = re.compile(rf"(?<![\d.,])(?:{NUMBER})(?!\d)")
_FIGURES: Final = re.compile(r"\d{1,5000}")


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


def spoken_proportions(text: str) -> str:
    """The text with proportions, such as "ratio of 1:10", in words; elsewhere two numbers with ":" are a time."""
    return _PROPORTION.sub(lambda m: f"{m[1]} {cardinal(m[2])} to {cardinal(m[3])}", text)


def spoken_figures(text: str) -> str:
    """The text with all remaining numbers in words."""
    text = spoken_fractions(_YEARS.sub(_years, text))
    text = _ORDINAL.sub(lambda m: ordinal(m[1]), text)
    text = _DECADE.sub(_decade, text)
    text = _COUNT.sub(lambda m: f"{m[1]} {cardinal(m[2])}", text)
    text = _COUNT_FIRST.sub(lambda m: cardinal(m[1]), text)
    text = _SAID_YEAR.sub(lambda m: f"{m[1]} {year(m[2])}", text)
    text = _ERA.sub(lambda m: f"{year(m[1].zfill(4)) if len(m[1]) == 4 else cardinal(m[1])} {m[2]}", text)
    text = _LONE_YEAR.sub(lambda m: year(m[1]), text)
    text = _APOSTROPHE_YEAR.sub(lambda m: f"oh {cardinal(m[1][1])}" if m[1][0] == "0" else cardinal(m[1]), text)
    text = _SCORE.sub(lambda m: f"{cardinal(m[1])} to {cardinal(m[2])}", text)
    text = _POWER.sub(_power, text)
    text = _RANGE.sub(lambda m: f"{m[1]} to {m[2]}", text)
    text = _SIGN.sub(lambda m: {"-": "minus ", "+": "plus ", "±": "plus or minus "}.get(m[1], "about "), text)
    text = _PLUS.sub(" plus", _MINUS.sub(" minus ", text))
    text = _HYPHENED.sub(lambda m: f"{decimal(m[1])}-", text)
    return _FIGURES.sub(lambda m: digits(m[0]), _NUMBER.sub(_number, text))
