"""Telephone numbers as people say them: “plus forty-four, double seven, oh five”."""

import re

from services.agent.tools.forms.values.figures import MAX_SPOKEN_CHARACTERS, with_figures
from services.agent.tools.forms.values.numbers import doubled
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.spelling import without_fillers
from services.agent.tools.forms.values.words import Words

ASK_PHONE = "This is not a whole telephone number. Ask the caller to say it again, figure by figure."
_WRITTEN = re.compile(r"\+?[\d ()/.-]{3,40}")
_MIN_DIGITS, _MAX_DIGITS = 5, 15


def phone_in(given: str, words: Words) -> str:
    """The telephone number in what was given, as figures, after `+` if it was said. Raises: NotUnderstoodError."""
    digits = figures_in(given, words)
    if not _MIN_DIGITS <= len(digits.lstrip("+")) <= _MAX_DIGITS:
        raise NotUnderstoodError(ASK_PHONE)
    return given.strip() if _WRITTEN.fullmatch(given.strip()) else digits


def figures_in(given: str, words: Words) -> str:
    """All figures of a text, with `+` before them if it was said. Raises: NotUnderstoodError."""
    if words.language == "en":
        # “Eight hundred five” is 800 5 here, and not 805.
        given = re.sub(r"\bhundred\b(?! and\b)", "zero zero", given[:MAX_SPOKEN_CHARACTERS], flags=re.I)
    text = with_figures(given, words)
    if (six := words.get("numbers.six")) and not words.has("answers.unclear_dates", text):
        text = words.compiled(six).sub("6", text)
    if pattern := words.pattern("numbers.oh"):
        text = pattern.sub("0", text)
    text = doubled(text, words)
    if pattern := words.pattern("signs.plus"):
        text = pattern.sub("+", text)
    rest = without_fillers(re.sub(r"[\d+()/.-]", " ", text), words)
    if words.has("signs.extension", rest) or words.has("answers.unclear_dates", rest):
        raise NotUnderstoodError(ASK_PHONE)
    for name, _ in words.all("numbers.doubled"):
        if words.has_word(name, rest):
            raise NotUnderstoodError(ASK_PHONE)
    digits = re.sub(r"[^\d+]", "", text)
    if "+" in digits[1:]:
        raise NotUnderstoodError(ASK_PHONE)
    return digits
