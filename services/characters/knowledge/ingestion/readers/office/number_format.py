"""Numbers and dates of a sheet as they show, by the number format of their cell (ECMA-376, 18.8.31)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from services.characters.knowledge.ingestion.readers.office.date_format import date_shown
from services.characters.knowledge.ingestion.readers.office.format_code import Token, section_for, sections_of

# Formats that a file may name by their number alone.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
    49: "@",
}  # fmt: skip
_PRECISE = Context(prec=80)
# From here on a number shows without its format.
_LARGEST = 1e27


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """A number as a cell with this format shows it. Blanks that only align it are left out.

    from_1904: whether the dates of the workbook count from 1904.
    """
    if not abs(value) < _LARGEST:
        return f"{value:g}"
    tokens, magnitude, needs_minus = section_for(sections_of(code), value)
    if not tokens:
        return ""
    kinds = {token.kind for token in tokens}
    if "general" in kinds or "text" in kinds:
        text = _general(magnitude)
        text = "".join(text if token.kind in ("general", "text") else token.text for token in tokens)
    elif kinds & {"date", "elapsed"}:
        date = date_shown(value, tokens, from_1904=from_1904)
        return _general(abs(value)) if date is None else date.strip()
    else:
        text = _number(magnitude, tokens)
    return f"{'-' if needs_minus and any(map(str.isdigit, text)) else ''}{text}".strip()


def _general(value: float) -> str:
    """A number without a format of its own. A whole number is never shortened: it may be a code."""
    if value == int(value) and value < 1e15:
        return str(int(value))
    return f"{value:.11g}" if 1e-5 < value < 1e15 else f"{value:.6g}"


def _number(value: float, tokens: Sequence[Token]) -> str:
    pattern = "".join(token.text for token in tokens if token.kind in ("digit", "fine"))
    if "/" in pattern:
        return _fraction(value, tokens, pattern)
    value *= 100 ** pattern.count("%")
    places = pattern.replace("%", "")
    while places.endswith(","):
        places, value = places[:-1], value / 1000
    whole, dot, decimals = places.replace(",", "").partition(".")
    power = next((at for at, token in enumerate(tokens) if token.kind == "power"), None)
    if power is not None:
        return _scientific(value, tokens, power)
    fixed = decimals.count("0")
    digits = format(_rounded(value, len(decimals)), "f")
    before, _, after = digits.partition(".")
    after = after.rstrip("0").ljust(fixed, "0") if len(after) > fixed else after
    before = before.lstrip("0").rjust(whole.count("0"), "0")
    if "," in places.partition(".")[0] and "," not in before:
        before = _grouped(before)
    return _placed(tokens, before, after, bool(dot))


def _placed(tokens: Sequence[Token], before: str, after: str, has_dot: bool) -> str:
    """The digits in the places of a format, with the text of the format between them."""
    last = max(
        (at for at, token in enumerate(tokens) if token.kind in ("digit", "fine") and token.text != "%"), default=-1
    )
    first = next((at for at, token in enumerate(tokens) if token.kind in ("digit", "fine") and token.text != "%"), 0)
    inner = tokens[first : last + 1]
    number = f"{before}.{after}" if has_dot and after else before
    if any(token.kind == "literal" for token in inner):
        number = _between(inner, number)
    edge = ["".join(token.text for token in part if token.kind == "literal" or token.text == "%")
            for part in (tokens[:first], tokens[last + 1 :])]  # fmt: skip
    return f"{edge[0]}{number}{edge[1]}" if last >= 0 else "".join(token.text for token in tokens)


def _between(inner: Sequence[Token], number: str) -> str:
    """Digits from the right into places that have signs between them, as in `000-000`."""
    left = number
    out = ""
    for token in reversed(inner):
        if token.kind == "literal":
            out = token.text + out
        elif token.text in "0#?." and left:
            out, left = left[-1] + out, left[:-1]
    return left + out


def _scientific(value: float, tokens: Sequence[Token], power: int) -> str:
    decimals = "".join(token.text for token in tokens[:power] if token.kind in ("digit", "fine")).partition(".")[2]
    mantissa, _, exponent = f"{value:.{len(decimals)}E}".partition("E")
    return f"{mantissa}E{exponent}"


def _fraction(value: float, tokens: Sequence[Token], pattern: str) -> str:
    below = pattern.rpartition("/")[2].replace(",", "")
    slash = max(at for at, token in enumerate(tokens) if token.text == "/")
    named = "".join(token.text for token in tokens[slash + 1 :]).strip()
    if named.isdigit() and int(named) > 0:
        return f"{round(Fraction(value) * int(named))}/{int(named)}"
    part = Fraction(value).limit_denominator(10 ** max(1, min(len(below), 3)) - 1)
    whole, rest = divmod(part, 1)
    return " ".join(str(each) for each in (whole, rest) if each) or "0"


def _rounded(value: float, decimals: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-min(decimals, 30)), ROUND_HALF_UP, _PRECISE)


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    groups = [digits[:head]] if head else []
    return ",".join(groups + [digits[at : at + 3] for at in range(head, len(digits), 3)])
