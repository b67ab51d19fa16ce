"""Numbers and dates of a sheet as they show, by the number format of their cell (ECMA-376, 18.8.31)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

# Formats that a file may name by their number alone.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
    49: "@",
}  # fmt: skip
_GENERAL = "General"
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30, tzinfo=UTC), datetime(1904, 1, 1, tzinfo=UTC)
_LAST_DAY = 2_958_466
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<money>[^\]\-]*)(?:-[^\]]*)?\]'
    r"|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<condition>[<>=]+[^\]]*)\]|\[[^\]]*\]"
    r"|(?P<general>General)|(?P<power>E[+-])|(?P<half>AM/PM|A/P|上午/下午)|(?P<date>y+|m+|d+|h+|s+|g+|e+|b+)"
    r"|(?P<fine>\.0+(?=$|[^0#?,]))|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MAX_FORMAT = 500


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """A number as a cell with this format shows it. Blanks that only align it are left out.

    from_1904: whether the dates of the workbook count from 1904.
    """
    sections = _sections(code[:_MAX_FORMAT])
    tokens, magnitude, needs_minus = _section(sections, value)
    if not tokens:
        return ""
    kinds = {token.kind for token in tokens}
    if "general" in kinds or "text" in kinds:
        text = _general(magnitude)
        text = "".join(text if token.kind in ("general", "text") else token.text for token in tokens)
    elif kinds & {"date", "elapsed"}:
        return _date(value, tokens, from_1904).strip()
    else:
        text = _number(magnitude, tokens)
    return f"{'-' if needs_minus and any(map(str.isdigit, text)) else ''}{text}".strip()


def _sections(code: str) -> list[list[_Token]]:
    sections: list[list[_Token]] = [[]]
    for found in _TOKEN.finditer(code or _GENERAL):
        kind = found.lastgroup or "none"
        text = found[kind] if found.lastgroup else ""
        if kind == "sign" and text == ";":
            sections.append([])
        elif kind in ("quoted", "escaped", "money"):
            sections[-1].append(_Token("literal", text))
        elif kind == "sign":
            sections[-1].append(_Token("digit" if text in "0#?.,/%" else "text" if text == "@" else "literal", text))
        elif kind != "none":
            sections[-1].append(_Token(kind, text))
    return sections


def _section(sections: Sequence[list[_Token]], value: float) -> tuple[list[_Token], float, bool]:
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


def _general(value: float) -> str:
    """A number without a format of its own. A whole number is never shortened: it may be a code."""
    if value == int(value) and value < 1e15:
        return str(int(value))
    return f"{value:.11g}" if 1e-5 < value < 1e15 else f"{value:.6g}"


def _number(value: float, tokens: Sequence[_Token]) -> str:
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


def _placed(tokens: Sequence[_Token], before: str, after: str, has_dot: bool) -> str:
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


def _between(inner: Sequence[_Token], number: str) -> str:
    """Digits from the right into places that have signs between them, as in `000-000`."""
    left = number
    out = ""
    for token in reversed(inner):
        if token.kind == "literal":
            out = token.text + out
        elif token.text in "0#?." and left:
            out, left = left[-1] + out, left[:-1]
    return left + out


def _scientific(value: float, tokens: Sequence[_Token], power: int) -> str:
    decimals = "".join(token.text for token in tokens[:power] if token.kind in ("digit", "fine")).partition(".")[2]
    mantissa, _, exponent = f"{value:.{len(decimals)}E}".partition("E")
    return f"{mantissa}E{exponent}"


def _fraction(value: float, tokens: Sequence[_Token], pattern: str) -> str:
    below = pattern.rpartition("/")[2].replace(",", "")
    literal = "".join(token.text for token in tokens if token.kind == "literal").strip()
    fixed = "".join(each for each in literal if each.isdigit())
    most = 10 ** max(1, min(len(below), 3)) - 1
    if fixed and not below.strip("?#0"):
        part = Fraction(round(Fraction(value) * int(fixed)), int(fixed))
    else:
        part = Fraction(value).limit_denominator(most)
    whole, rest = divmod(part, 1)
    return " ".join(str(each) for each in (whole, rest) if each) or "0"


def _rounded(value: float, decimals: int) -> Decimal:
    return (
        Decimal(repr(value)).quantize(Decimal(1).scaleb(-min(decimals, 30)), ROUND_HALF_UP)
        if math.isfinite(value) and value < 1e27
        else Decimal(0)
    )


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    groups = [digits[:head]] if head else []
    return ",".join(groups + [digits[at : at + 3] for at in range(head, len(digits), 3)])


def _date(value: float, tokens: Sequence[_Token], from_1904: bool) -> str:
    if not -_LAST_DAY < value < _LAST_DAY:
        return _general(abs(value))
    fine = next((len(token.text) - 1 for token in tokens if token.kind == "fine"), 0)
    seconds = round(value * 86_400, min(fine, 3))
    epoch = _EPOCH_1904 if from_1904 else _EPOCH
    if not from_1904 and 0 <= value < 60:
        # Excel takes 1900 for a leap year.
        epoch += timedelta(days=1)
    try:
        moment = epoch + timedelta(seconds=seconds)
    except OverflowError:
        return _general(abs(value))
    has_half = any(token.kind == "half" for token in tokens)
    out: list[str] = []
    for at, token in enumerate(tokens):
        if token.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[token.text[0].lower()]
            out.append(f"{'-' if seconds < 0 else ''}{str(int(abs(seconds) // unit)).rjust(len(token.text), '0')}")
        elif token.kind == "half":
            out.append("AM" if moment.hour < 12 else "PM")
        elif token.kind == "fine":
            out.append(f"{seconds % 1:.{fine}f}"[1:])
        elif token.kind == "date":
            out.append(_part(moment, token.text.lower(), _is_minute(tokens, at), has_half))
        else:
            out.append(token.text)
    return "".join(out)


def _part(moment: datetime, code: str, is_minute: bool, has_half: bool) -> str:
    hour = (moment.hour % 12 or 12) if has_half else moment.hour
    match code[0]:
        case "y" | "e":
            return f"{moment.year:04}" if len(code) > 2 or code[0] == "e" else f"{moment.year % 100:02}"
        case "b":
            return str(moment.year + 543)
        case "m" if is_minute:
            return str(moment.minute).rjust(len(code), "0")
        case "m":
            name = _MONTHS[moment.month - 1]
            return str(moment.month).rjust(len(code), "0") if len(code) < 3 else name[:3] if len(code) == 3 else name
        case "d":
            name = _DAYS[moment.weekday()]
            return str(moment.day).rjust(len(code), "0") if len(code) < 3 else name[:3] if len(code) == 3 else name
        case "h":
            return str(hour).rjust(len(code), "0")
        case "s":
            return str(moment.second).rjust(len(code), "0")
    return ""


def _is_minute(tokens: Sequence[_Token], at: int) -> bool:
    """Whether an `m` means minutes: it stands after hours or before seconds."""
    dates = [each for each, token in enumerate(tokens) if token.kind in ("date", "elapsed")]
    place = dates.index(at)
    before = tokens[dates[place - 1]].text[0].lower() if place else ""
    after = tokens[dates[place + 1]].text[0].lower() if place + 1 < len(dates) else ""
    return len(tokens[at].text) < 3 and (before == "h" or after == "s")
