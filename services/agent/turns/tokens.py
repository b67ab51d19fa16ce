"""Estimates how many tokens a language model makes of a text."""

import string
from typing import Final

# A token has about four ASCII letters in English and 2.5 in the other languages of Europe. Other bytes are counted as a
# token each, the most that a byte-level vocabulary makes of them: digits often are, and a vocabulary made for English
# needs two tokens for many Chinese, Japanese, Korean, Hindi and Thai characters, which have three bytes.
_TOKENS_PER_LETTER: Final = 0.4
_LETTERS: Final = f"{string.ascii_letters} ".encode()
_MESSAGE_TOKENS: Final = 8  # the markers of a chat template
_CUT: Final = "…"


def estimate(text: str) -> int:
    """Tokens of a message, rather too many than too few."""
    return _MESSAGE_TOKENS + round(_of(text))


def shortened(text: str, tokens: int) -> str:
    """The beginning of a text that has at most so many tokens."""
    left = tokens - _MESSAGE_TOKENS - _of(_CUT)
    for at, character in enumerate(text):
        left -= _of(character)
        if left < 0:
            return text[:at] + _CUT
    return text


def _of(text: str) -> float:
    data = text.encode(errors="replace")
    others = len(data.translate(None, _LETTERS))
    return others + _TOKENS_PER_LETTER * (len(data) - others)
