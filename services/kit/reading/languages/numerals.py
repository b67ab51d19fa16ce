"""Numbers in the notation of a language."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from services.kit.reading.languages.words import Words

NUMBER: Final = r"\d{1,3}(?: \d{3}){1,5}(?:[.,]\d{1,6})?|\d{1,18}(?:[.,]\d{2,3}){0,6}(?:[.,]\d{1,9})?"
START: Final = r"(?<![A-Za-z0-9_.,:/-])"
END: Final = r"(?![0-9]|[.,:/]\d)"
# Letters of the alphabets that put blanks between words; a unit ends where none of them follows.
LETTERS: Final = r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0900-\u097f"

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str]


def alternatives(words: Iterable[str]) -> str:
    """A pattern of one of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


class Numerals:
    """Reads and writes a language's numbers."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def parts(self, figures: str) -> tuple[str, str]:
        """The whole part and the fraction of a number, for both uses of the separators."""
        figures = figures.replace(" ", "")
        separators = [c for c in figures if c in ".,"]
        if not separators:
            return figures, ""
        last = separators[-1]
        whole, _, tail = figures.rpartition(last)
        grouping = self.words.grouping
        if separators.count(last) > 1 or (len(set(separators)) == 1 and len(tail) == 3 and last == grouping):
            return re.sub(r"[.,]", "", figures), ""
        return re.sub(r"[.,]", "", whole), tail

    def number(self, figures: str) -> str:
        """The number as the language's phonemiser reads it."""
        whole, fraction = self.parts(figures)
        whole = self._in_myriads(whole)
        return f"{whole}{self.words.decimal}{fraction}" if fraction else whole

    def _in_myriads(self, whole: str) -> str:
        """A whole number as Japanese writes it, if the language does: "12500" is "1万2500"."""
        signs = ("", *self.words.myriads)
        if len(signs) == 1 or not 4 < len(whole) <= 4 * len(signs) or whole[0] == "0":
            return whole
        groups = [int(whole[max(0, end - 4) : end]) for end in range(len(whole), 0, -4)]
        written = [f"{group}{sign}" for group, sign in zip(groups, signs, strict=False) if group]
        return "".join(reversed(written))

    def one_by_one(self, figures: str) -> str:
        """The digits of a text one by one; other characters are left out."""
        return self.words.between.join(self.words.figures[int(figure)] for figure in figures if figure in "0123456789")

    def groups(self, figures: str) -> str:
        """The digits of several groups one by one, with a pause between the groups."""
        return self.words.phone_joint.join(self.one_by_one(group) for group in re.findall(r"[0-9]+", figures))

    def thousands(self, figures: str) -> str:
        """A number of thousands in figures: "1,5" is "1500"."""
        whole, fraction = self.parts(figures)
        return str(int(whole) * 1000 + int(fraction.ljust(3, "0")[:3] or "0"))
