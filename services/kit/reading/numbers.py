"""English words for numbers."""

from typing import Final

_SMALL: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES: Final = ("", " thousand", " million", " billion", " trillion")
_IRREGULAR: Final = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
# Longer numbers are read digit by digit.
MAX_FIGURES: Final = 3 * len(_SCALES)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    return f"{_SMALL[hundreds]} hundred" + (f" {_below_hundred(rest)}" if rest else "")


def digits(figures: str) -> str:
    """The digits of a text one by one; other characters are left out."""
    return " ".join(_SMALL[int(figure)] for figure in figures if figure in "0123456789")


def cardinal(figures: str) -> str:
    """A whole number, with or without commas. Long numbers and those with leading zeros are read digit by digit."""
    plain = figures.replace(",", "")
    if len(plain) > MAX_FIGURES or (len(plain) > 1 and plain[0] == "0"):
        return digits(plain)
    number = int(plain)
    if number == 0:
        return _SMALL[0]
    parts: list[str] = []
    for scale in _SCALES:
        number, part = divmod(number, 1000)
        if part:
            parts.append(_below_thousand(part) + scale)
    return " ".join(reversed(parts))


def ordinal(figures: str) -> str:
    """The ordinal of a whole number: 21 is "twenty-first"."""
    words = cardinal(figures)
    start = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[start:]
    if last.endswith("y"):
        return words[:-1] + "ieth"
    return words[:start] + _IRREGULAR.get(last, last + "th")


def decimal(figures: str) -> str:
    """A number with or without a fraction: 3.50 is "three point five zero"."""
    whole, point, fraction = figures.partition(".")
    said = cardinal(whole or "0")
    return f"{said} point {digits(fraction)}" if point and fraction else said


def year(figures: str) -> str:
    """A year of four digits: 1905 is "nineteen oh five", 2026 "twenty twenty-six"."""
    century, rest = int(figures[:2]), int(figures[2:])
    if century % 10 == 0 and rest < 10:
        return cardinal(figures)
    if rest == 0:
        return f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} " + (f"oh {_SMALL[rest]}" if rest < 10 else _below_hundred(rest))


def spelled(letters: str) -> str:
    """Letters and digits one by one: "ai4" is "A.I four".

    With a point after a letter the phonemiser does not read "A" as the article.
    """
    said: list[str] = []
    for at, letter in enumerate(letters):
        if letter.isdecimal() and letter.isascii():
            said.append(f" {_SMALL[int(letter)]} ")
        elif letter.isalnum():
            follows = letters[at + 1 : at + 2]
            point = "." if follows.isalpha() or (letter in "aA" and not (at and letters[at - 1].isalpha())) else ""
            said.append(letter.upper() + point)
    return " ".join("".join(said).split())
