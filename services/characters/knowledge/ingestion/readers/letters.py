"""Signs in a text: what is not text, what is spelled in odd ways, raised and lowered figures."""

import re
import unicodedata

# Characters that PostgreSQL or a model cannot have, but for tab and line feed; then invisible ones that only say where
# a word may or may not be cut. The joiners U+200C and U+200D stay: Persian, scripts of India and emoji need them.
_DROPPED = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *range(55296, 57344)))
_DROPPED |= dict.fromkeys((0xAD, 0x180E, 0x200B, 0x2060, 0xFEFF))
_BLANKS = dict.fromkeys((0x0B, 0x0C, 0x85, 0xA0, 0x2007, 0x2028, 0x2029, 0x202F), " ")
_LIGATURES = {0xFB00 + at: text for at, text in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))}
_CLEANED = _DROPPED | _BLANKS | _LIGATURES
_RAISED = str.maketrans("0123456789+-\u2212=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-\u2212=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_FIGURES = re.compile(r"[0-9+\-\u2212=()n]*[0-9n][0-9+\-\u2212=()n]*")


def cleaned(text: str) -> str:
    """A text without signs that are none, with blanks and ligatures in plain letters."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", text.translate(_CLEANED))


def raised(text: str) -> str:
    """A raised text: figures in the letters for that (`m²`), anything else as it is (`3rd`)."""
    return text.translate(_RAISED) if _FIGURES.fullmatch(text) else text


def lowered(text: str) -> str:
    """A lowered text, likewise (`H₂O`)."""
    return text.translate(_LOWERED) if _FIGURES.fullmatch(text) and "n" not in text else text


def one_line(text: str) -> str:
    """A text with single blanks in place of other blanks and line breaks."""
    return " ".join(text.split())
