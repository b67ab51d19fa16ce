"""Texts that people give things as names."""

import unicodedata

# Controls, halves of surrogate pairs, and what ends a line or a paragraph.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn round what is shown after them, outside the name too.
_OVERRIDES = frozenset("\u202d\u202e")


def is_one_line(text: str) -> bool:
    """Whether a text can be shown in one line as it is spelled.

    Joiners of scripts and emoji, blanks that do not break, and marks of direction belong to it.
    """
    return not any(sign in _OVERRIDES or unicodedata.category(sign) in _REFUSED for sign in text)
