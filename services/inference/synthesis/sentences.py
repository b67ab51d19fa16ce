"""Splits a text into sentences."""

import re
from typing import Final

from hibari import Hibari

_END: Final = re.compile(r"(?<=[。！？!?।])(?![。！？!?।”」』）])\s*|(?<=[。！？!?।][”」』）])\s*|\n+")
_OWN_FULL_STOP: Final = ("ja", "zh", "hi")


def sentences(text: str, language: str) -> list[str]:
    """The sentences of a text; punctuation or a line break ends one. language: primary BCP-47 tag."""
    if language in _OWN_FULL_STOP:
        return [sentence for sentence in _END.split(text) if sentence]
    return list(Hibari.split_sentences(text))
