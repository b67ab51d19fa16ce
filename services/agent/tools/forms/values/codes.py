"""Codes that are spelled, for a text field with a pattern: “A B one two, dash, double three”."""

import re
from collections.abc import Iterator

from services.agent.tools.forms.values.figures import with_figures
from services.agent.tools.forms.values.numbers import doubled
from services.agent.tools.forms.values.spelling import (
    by_radio_alphabet,
    joined,
    with_letters,
    with_signs,
    without_fillers,
)
from services.agent.tools.forms.values.words import Words


def codes_in(given: str, words: Words) -> Iterator[str]:
    """The codes that a spelled text may mean. The field's pattern decides."""
    heard = with_letters(with_figures(given, words), words)
    for pattern in words.templates("signs.doubles"):
        heard = pattern.sub(lambda m: f"{m['x']} {m['x']}", heard)
    for text in (heard, _with_zero(heard, words)):
        spelled = without_fillers(text, words)
        written = joined(by_radio_alphabet(with_signs(doubled(spelled, words), words).split()))
        for code in (written, re.sub(r"[^a-z0-9]", "", written)):
            if code:
                yield code.upper()
                yield code


def _with_zero(text: str, words: Words) -> str:
    pattern = words.pattern("numbers.oh")
    return pattern.sub("0", text) if pattern else text
