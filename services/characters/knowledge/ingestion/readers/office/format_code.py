"""The code of a number format: its sections, and which of them is for a value (ECMA-376, 18.8.31)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<money>[^\]\-]*)(?:-[^\]]*)?\]'
    r"|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<condition>[<>=]+[^\]]*)\]|\[[^\]]*\]"
    r"|(?P<general>General)|(?P<power>E[+-])|(?P<half>AM/PM|A/P|上午/下午)|(?P<date>y+|m+|d+|h+|s+|g+|e+|b+)"
    r"|(?P<fine>\.0+(?=$|[^0#?,]))|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_MAX_FORMAT = 500


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a format: digits, literal text, a part of a date … text: as it stands in the code."""

    kind: str
    text: str


def sections_of(code: str) -> list[list[Token]]:
    """The sections of a format, which semicolons divide."""
    sections: list[list[Token]] = [[]]
    for found in _TOKEN.finditer(code[:_MAX_FORMAT] or "General"):
        kind = found.lastgroup or "none"
        text = found[kind] if found.lastgroup else ""
        if kind == "sign" and text == ";":
            sections.append([])
        elif kind in ("quoted", "escaped", "money"):
            sections[-1].append(Token("literal", text))
        elif kind == "sign":
            sections[-1].append(Token("digit" if text in "0#?.,/%" else "text" if text == "@" else "literal", text))
        elif kind != "none":
            sections[-1].append(Token(kind, text))
    return sections


def section_for(sections: Sequence[list[Token]], value: float) -> tuple[list[Token], float, bool]:
    """The section of a format for a value, the value that it shows, and whether a minus is added."""
    conditions = [token for tokens in sections for token in tokens if token.kind == "condition"]
    if conditions:
        for at, tokens in enumerate(sections):
            wanted = [token for token in tokens if token.kind == "condition"]
            if not wanted or _holds(wanted[0].text, value):
                rest = [token for token in tokens if token.kind != "condition"]
                return rest, abs(value), value < 0 and at == 0
        return sections[-1], abs(value), value < 0
    if value < 0 and len(sections) > 1:
        return sections[1], -value, False
    if value == 0 and len(sections) > 2:
        return sections[2], value, False
    return sections[0], abs(value), value < 0


def _holds(condition: str, value: float) -> bool:
    found = _CONDITION.match(condition)
    if found is None:
        return False
    bound = float(found[2])
    return {
        "<": value < bound, ">": value > bound, "=": value == bound, "<=": value <= bound, ">=": value >= bound,
        "<>": value != bound,
    }[found[1]]  # fmt: skip
