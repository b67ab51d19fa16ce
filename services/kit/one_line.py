"""Checks that a name or title can be shown in one line."""

import unicodedata

# Unicode categories: controls, surrogates, line and paragraph separators.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Direction overrides also reverse the text that follows the name.
_OVERRIDES = frozenset("\u202d\u202e")


def is_one_line(text: str) -> bool:
    """Whether a text can be shown in one line without changing what is around it.

    Joiners (ZWJ, ZWNJ), no-break spaces and direction marks are allowed.
    """
    return not any(sign in _OVERRIDES or unicodedata.category(sign) in _REFUSED for sign in text)
