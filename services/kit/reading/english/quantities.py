"""English money, percentages and measures."""

import re
from typing import Final

from services.kit.reading.english.words import CODES, CURRENCIES, UNITS
from services.kit.reading.numbers import cardinal, decimal

NUMBER: Final = r"\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,20})?|\d{1,18}(?:\.\d{1,20})?|\.\d{1,20}"
_START: Final = r"(?<![\w.,/:-])"
_SIGNED: Final = r"(?<![\w.,/:])(-(?=[\d.$€£]))?"
_ARTICLE: Final = re.compile(r"\b[Aa]n? $")
_ARTICLE_CHARACTERS: Final = 4  # of "an " and the character before it
_NOUN: Final = re.compile(r" [a-z]")
_TO: Final = r"\s?[-–—]\s?"

_ALL: Final = {sign.lower(): words for sign, words in (CURRENCIES | CODES).items()}
_SYMBOL: Final = "|".join(re.escape(symbol) for symbol in sorted(CURRENCIES, key=len, reverse=True))
_CODE: Final = "|".join(CODES)
_SCALES: Final = {
    "k": "thousand", "m": "million", "mn": "million", "mm": "million", "mio": "million", "bn": "billion",
    "b": "billion", "tn": "trillion", "t": "trillion",
}  # fmt: skip
_SCALE: Final = r"(?:\s?(thousand|million|billion|trillion)\b|\s?(mn|mm|mio|bn|tn|[kmbt])(?![\w/]))?"
_PER: Final = (
    r"(?:\s?/\s?((?:sq\.? ft|[a-zA-Z]{1,12}²?)(?:/[a-zA-Z]{1,12})?)(?![\w/])(?:(?<=mo|yr|hr|wk|lb|oz)\.(?=\s[a-z]))?)?"
)
_MONEY: Final = re.compile(
    rf"(?<![\w.,/])([-+]\s?)?({_SYMBOL}"
    rf"|(?:{_CODE})\s?)\s?(-)?({NUMBER}){_SCALE}(?:{_TO}(?:{_SYMBOL})?({NUMBER}){_SCALE})?(?![\d%])"
    rf"(?:\s?({_CODE})\b)?{_PER}(\+)?",
    re.I,
)
_MONEY_AFTER: Final = re.compile(
    rf"{_SIGNED}({NUMBER}){_SCALE}(?:{_TO}({NUMBER}){_SCALE})?\s?({_SYMBOL}|(?:{_CODE})\b)(?!\d){_PER}"
)
_CENTS: Final = re.compile(rf"{_START}({NUMBER})\s?(¢|p\b(?=[\s.,;:!?)/]|$)){_PER}")
_PERCENT: Final = re.compile(rf"{_SIGNED}(\+)?({NUMBER})\s?%?(?:{_TO}({NUMBER}))?\s?(%|‰)")
_COINS: Final = {("¢", True): "cent", ("¢", False): "cents", ("p", True): "penny", ("p", False): "pence"}
_PERS: Final = {"mo": "month", "mth": "month", "d": "day", "s": "second", "pp": "person", "ppl": "person",
                "pax": "person", "ea": "each", "m": "meter"}  # fmt: skip

_IRREGULAR: Final = {"foot": "feet", "inch": "inches", "hertz": "hertz", "kilohertz": "kilohertz",
                     "megahertz": "megahertz", "gigahertz": "gigahertz", "horsepower": "horsepower", "P.S.I": "P.S.I",
                     "kelvin": "kelvin", "lux": "lux"}  # fmt: skip
# A unit with one of these words has its plural in the first word: "miles per hour".
_PLURAL_FIRST: Final = frozenset(("per", "of", "degree", "old"))
_UNIT: Final = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MEASURE: Final = re.compile(
    rf"{_SIGNED}({NUMBER})(?:\s?({_UNIT})?{_TO}({NUMBER}))?(-?)\s?({_UNIT})(?![\w²³])"
    rf"{_PER}(\.(?=\s+[a-z]))?"
)
_FEET: Final = re.compile(
    r"(?<![\w.])(\d{1,3})\s?(?:['′’]|ft\.?|feet)\s?(\d{1,2})\s?(?:[\"″”]|''|in\b\.?|inches)?(?!\w)"
)
_INCHES: Final = re.compile(
    rf"{_START}({NUMBER})\s?(?:[\"″](?=[\s.,;:!?)]|$)|in\.(?=\s[a-z])|in(?=\s(?:of|long|wide|thick|deep|tall|high|by)\b))"
)
_INCH_RANGE: Final = re.compile(r"(\d)[\"″]\s?[-–—]\s?(?=\d{1,3}(?:\.\d)?[\"″])")
_SIDE: Final = rf"({NUMBER})(\s?(?:ft|cm|mm|m|in|[\"″])(?=\W|x))?"
_BY: Final = re.compile(
    rf"{_START}{_SIDE}\s?[x×]\s?(?:{_SIDE}\s?[x×]\s?)?({NUMBER})(?!\d)(?=(\s?(?:{_UNIT}|[\"″])(?!\w))?)"
)
_TIMES: Final = re.compile(rf"{_START}({NUMBER})\s?[x×X](?![\w]){_PER}")
_COUNT_PER: Final = re.compile(
    r"(\d\s[a-z]{2,14})\s?/\s?(second|minute|hour|day|night|week|month|year|person|child|room|page)(?![\w/])"
)
_RACE: Final = re.compile(
    r"\b((?:ran|run|runs|running|jog|jogged|raced|walked)\s(?:an?\s|the\s)?)(5|10|15)[kK](?!\w)"
    rf"|{_START}(5|10|15)K(?=\s(?:runs?|races?|walks?|fun|swim|course|distance|charity)\b)"
)
_SQUARE: Final = re.compile(r"(?<![\w.])(km|cm|m|ft|in)²(?!\w)")
# Thousands have few figures; a lamp's color temperature has four. With a blank, K is always kelvin.
_KELVIN: Final = re.compile(rf"{_START}(?:([1-9]\d{{3}}|\d{{1,2}},\d{{3}}|10000)\s?|({NUMBER})\s)K(?![\w/])")
_SCALED: Final = re.compile(rf"{_SIGNED}({NUMBER})((?<=[\d.]\d)K|(?<=\b[13679])K|k|M|bn)(?![\w/])")


def _amount(number: str, words: tuple[str, str, str, str]) -> str:
    one, many, cent, cents = words
    whole, _, fraction = number.replace(",", "").partition(".")
    whole = whole.lstrip("0") or "0"
    if len(fraction) == 2 and cent:
        said = [] if whole == "0" and int(fraction) else [f"{cardinal(whole)} {one if whole == '1' else many}"]
        if int(fraction):
            said.append(f"{cardinal(str(int(fraction)))} {cent if fraction == '01' else cents}")
        return " and ".join(said)
    if len(fraction) == 1 and cent:
        return _amount(f"{number}0", words)
    return f"{decimal(f'{whole}.{fraction}' if fraction else whole)} {one if whole == '1' and not fraction else many}"


def _scale(word: str | None, short: str | None) -> str:
    return word or (_SCALES[short.lower()] if short else "")


def _bare(number: str) -> str:
    return decimal(number.replace(",", ""))


def _money(
    sign: str, words: tuple[str, str, str, str], first: str, scale: str, last: str | None, last_scale: str
) -> str:
    if last is None:
        said = f"{_bare(first)} {scale} {words[1]}" if scale else _amount(first, words)
    elif scale or last_scale:
        said = " ".join(f"{_bare(first)} {scale} to {_bare(last)} {last_scale} {words[1]}".split())
    elif "." in first or "." in last:
        said = f"{_amount(first, words)} to {_amount(last, words)}"
    else:
        said = f"{cardinal(first)} to {cardinal(last)} {words[1]}"
    return {"-": "minus ", "+": "plus "}.get(sign.strip(), "") + said


def _per(unit: str | None) -> str:
    if not unit:
        return ""
    said = ""
    for one in [unit] if unit in UNITS else unit.split("/"):
        named = _PERS.get(one.lower()) or (unit_name(one, one=True) if one in UNITS else one)
        said += " each" if named == "each" else f" per {named}"
    return said


def _money_before(match: re.Match[str]) -> str:
    sign, symbol, minus, first, scale, short, last, last_scale, last_short, code, unit, more = match.groups()
    words = _ALL[(code or symbol.strip()).lower()]
    said = _money(sign or minus or "", words, first, _scale(scale, short), last, _scale(last_scale, last_short))
    if last is None and _describes(match):
        said = said.replace(words[1], words[0]) if words[1] != words[0] else said
    return said + (" plus" if more else "") + _per(unit)


def _money_after(match: re.Match[str]) -> str:
    sign, first, scale, short, last, last_scale, last_short, symbol, unit = match.groups()
    return _money(
        sign or "", _ALL[symbol.lower()], first, _scale(scale, short), last, _scale(last_scale, last_short)
    ) + _per(unit)


def _percent(match: re.Match[str]) -> str:
    minus, plus, first, last, mark = match.groups()
    said = _bare(first) + (f" to {_bare(last)}" if last else "")
    return ("minus " if minus else "plus " if plus else "") + f"{said} {'percent' if mark == '%' else 'per mille'}"


def _describes(match: re.Match[str]) -> bool:
    """Whether the quantity precedes its noun, as in "a $5 bill"; then it has no plural."""
    return bool(
        _ARTICLE.search(match.string, max(0, match.start() - _ARTICLE_CHARACTERS), match.start())
        and _NOUN.match(match.string, match.end())
    )


def unit_name(unit: str, one: bool) -> str:
    """The name of an abbreviated unit, in the singular or plural."""
    words = UNITS[unit].split(" ")
    if one:
        return " ".join(words)
    at = 0 if not _PLURAL_FIRST.isdisjoint(words) else len(words) - 1
    words[at] = _IRREGULAR.get(words[at], words[at] + "s")
    return " ".join(words)


def _measure(match: re.Match[str]) -> str:
    minus, first, _, last, hyphen, unit, per, _ = match.groups()
    if hyphen and len(unit) == 1:
        return match[0]
    one = (last is None and first in ("1", "1.0")) or bool(hyphen) or _describes(match)
    joint = "-" if hyphen and " " not in UNITS[unit] else " "
    said = _bare(first) + (f" to {_bare(last)}" if last else "") + joint + unit_name(unit, one)
    return ("minus " if minus else "") + said + _per(per)


def _feet(match: re.Match[str]) -> str:
    feet, inches = match.groups()
    return f"{cardinal(feet)} foot {cardinal(inches)}"


def _inches(match: re.Match[str]) -> str:
    if match.string.count('"', 0, match.start()) % 2:  # it ends a quotation
        return match[0]
    return f"{_bare(match[1])} {'inch' if match[1] == '1' or _describes(match) else 'inches'}"


def _times(match: re.Match[str]) -> str:
    count, unit = match.groups()
    if not unit:
        return f"{_bare(count)} time{'' if count == '1' else 's'}"
    return {"1": "once", "2": "twice"}.get(count, f"{_bare(count)} times") + _per(unit)


def _by(match: re.Match[str]) -> str:
    """A size; a side with its unit remains a measure."""
    sides = [(match[at], match[at + 1]) for at in (1, 3, 5) if match[at]]
    return " by ".join(
        f"{side}{unit}" if unit and at < len(sides) - 1 else side if unit else _bare(side)
        for at, (side, unit) in enumerate(sides)
    )


def spoken_quantities(text: str) -> str:
    """The text with money, percentages and measures in words."""
    text = _MONEY_AFTER.sub(_money_after, _MONEY.sub(_money_before, text))
    text = _CENTS.sub(lambda m: f"{_bare(m[1])} {_COINS[m[2], m[1] == '1']}{_per(m[3])}", text)
    text = _COUNT_PER.sub(r"\1 per \2", text)
    text = _RACE.sub(lambda m: f"{m[1] or ''}{cardinal(m[2] or m[3])} K", text)
    text = _KELVIN.sub(lambda m: f"{_bare(m[1] or m[2])} kelvin", text)
    text = _PERCENT.sub(_percent, text)
    text = _FEET.sub(_feet, _BY.sub(_by, text))
    text = _MEASURE.sub(_measure, text)
    text = _SQUARE.sub(lambda m: unit_name(m[0], one=True), text)
    text = _INCHES.sub(_inches, _INCH_RANGE.sub(r"\1 to ", text))
    text = _TIMES.sub(_times, text)
    return _SCALED.sub(lambda m: ("minus " if m[1] else "") + f"{_bare(m[2])} {_SCALES[m[3].lower()]}", text)
