"""Numbers and counts as people say them: “about twenty”, “double five”, “drei Komma fünf”."""

import re
from decimal import Decimal

from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.words import Words

ASK_NUMBER = "This is not one number. If the caller named one, pass it such as 20; otherwise ask for one number."
_RUN = re.compile(r"(?<![A-Za-z0-9_.,])\d[\d.,]*")
_MAX_DIGITS = 15
_SPOKEN_YEARS = re.compile(r"(?:19|20) \d\d")
# “2.5 million” comes as two numbers.
_SCALES, _WITH_SCALE = frozenset({"1000", "1000000", "1000000000"}), 2
_HALF = Decimal("0.5")


def number_in(text: str, words: Words) -> str:
    """The number in a text that `with_figures` made, in the form of a form's field. Raises: NotUnderstoodError."""
    rest = text
    half = Decimal(0)
    if (pattern := words.pattern("numbers.half")) and pattern.search(rest):
        rest, half = pattern.sub(" ", rest), _HALF
    for name, value in words.all("numbers.nouns"):
        rest = words.compiled(name).sub(f" {value} ", rest)
    rest = _with_points(doubled(rest, words), words)
    negative = False
    if (pattern := words.pattern("numbers.minus")) and (match := pattern.search(rest)):
        negative = bool(re.match(r"\s*\d", rest[match.end() :]))
        rest = pattern.sub(" ", rest)
    rest, dashes = re.subn(r"(?<![\w-])-(?=\d)", " ", rest)
    negative = negative or bool(dashes)
    runs = [run.rstrip(".,") for run in _RUN.findall(rest)]
    factor = 1
    if len(runs) == _WITH_SCALE and runs[1] in _SCALES and " ".join(runs) in " ".join(rest.split()):
        factor = int(runs.pop())
    number = _one(runs, " ".join(rest.split()), words) + half
    others = _RUN.sub(" ", rest)
    if re.search(r"\d", others) or words.has("numbers.unclear", others):
        raise NotUnderstoodError(ASK_NUMBER)
    for name, scale in words.all("numbers.scales"):
        if words.has_word(name, others) or re.search(rf"\d(?:{name})(?!\w)", rest):
            factor *= scale
    number = (-number if negative else number) * factor
    return format(number.quantize(Decimal(1)) if number == number.to_integral_value() and factor > 1 else number, "f")


def doubled(text: str, words: Words) -> str:
    """A text with “double 5” as “5 5”, and “3 times 5” likewise."""
    for name, count in words.all("numbers.doubled"):
        pattern = words.compiled(rf"(?:{name}) (?P<d>\d)")
        text = pattern.sub(" ".join([r"\g<d>"] * count), text)
    return text


def _with_points(text: str, words: Words) -> str:
    """A text with “3 point 5” as one number."""
    if not (point := words.get("numbers.point")):
        return text
    pattern = re.compile(rf"(\d+) ?(?:{point}) ?(\d+(?: \d)*)(?!\d)")
    return pattern.sub(lambda m: f"{m[1]}{words.get('numbers.decimal')}{m[2].replace(' ', '')}", text)


def _one(runs: list[str], text: str, words: Words) -> Decimal:
    if not runs:
        raise NotUnderstoodError(ASK_NUMBER)
    if len(runs) == 1:
        return _value(runs[0], words)
    joined = " ".join(runs)
    # Figures that were said one by one, or a year in two parts, with nothing between them.
    if joined in text and (all(len(run) == 1 for run in runs) or _SPOKEN_YEARS.fullmatch(joined)):
        return _value("".join(runs), words)
    if len(set(runs)) == 1:
        return _value(runs[0], words)
    raise NotUnderstoodError(ASK_NUMBER)


def _value(run: str, words: Words) -> Decimal:
    """The value of figures with separators: “1.500,50” or “1,500.50”, by the language."""
    decimal, grouping = words.get("numbers.decimal"), words.get("numbers.grouping")
    if re.fullmatch(
        rf"\d{{1,3}}(?:{re.escape(grouping)}\d{{2,3}})*{re.escape(grouping)}\d{{3}}(?:{re.escape(decimal)}\d+)?", run
    ):
        run = run.replace(grouping, "")
    if run.count(decimal) == 1 and grouping not in run:
        run = run.replace(decimal, ".")
    elif run.count(grouping) == 1 and decimal not in run and not re.search(rf"{re.escape(grouping)}\d{{3}}$", run):
        run = run.replace(grouping, ".")
    if not re.fullmatch(r"\d+(?:\.\d+)?", run) or len(run) > _MAX_DIGITS:
        raise NotUnderstoodError(ASK_NUMBER)
    return Decimal(run)
