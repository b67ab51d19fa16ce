"""Numbers that are names: telephone numbers, reference codes, versions."""

import re
from typing import Final

from services.kit.reading.english.words import STATES, UNITS
from services.kit.reading.numbers import cardinal, digits, spelled

_EXTENSION: Final = r"(?:[,;]?\s?(?:ext\.?|extension|x)\s?(\d{1,6})\b)?"
_PHONE: Final = re.compile(
    r"(?<![\w.,$€£¥/:-])((?:\+|00)\d{1,3}[ .-]?)?(\(\+?\d{1,5}\)[ .-]?)?(\d{1,5}(?:[ .-]\d{2,7}){0,5})"
    + _EXTENSION
    + r"(?![\w%°€$/:-]|[.,]\d|\s?(?:[ap]m)\b)"
)
_SERVICE: Final = re.compile(
    r"\b(call|dial|ring|text|phone)\s+(\d{3}|\d{5,6})\b(?![-,.]\d|\s+(?:people|customers|clients|users|times))", re.I
)
_STATE: Final = "|".join(STATES)
_ZIP: Final = re.compile(
    rf"(?<![\w-])({_STATE}|D\.C\.)([ ,]{{1,2}})(\d{{5}})(?:-(\d{{4}}))?(?![\w-]|[.,]\d)"
    rf"|\b({'|'.join(STATES.values())})([ ,]{{1,2}})(\d{{5}})(?:-(\d{{4}}))?(?![\w-]|[.,]\d|\s[a-z])"
)
_GROUPS: Final = r"\d{3,6}(?: \d{3,6}){1,5}(?! ?\d)|\d{2}(?: \d{2}){2,7}(?! ?\d)"
_ENTER: Final = re.compile(rf"\b(enter|type|key in|input)\s({_GROUPS})(?![\w%]|[.,:]\d)", re.I)
# English writes thousands with a comma, so two groups of three digits are a code.
_TWO_GROUPS: Final = re.compile(
    r"(?<![\w.,$€£¥₹/+-])(?<![\d,)] )(\d{3}) (?!000)(\d{3})(?![\w%€/-]| ?\d|[.,]\d|\s?[€£$%°])"
    r"(?!\s(?!(?:to|and|or|is|on|in|at|when|if|for|by|before|within|as)\b)[a-z])"
)
_FLIGHT: Final = re.compile(r"\b([Ff]light)\s([A-Z]{2})\s?(\d{2,4})(?!\w)")
_EMERGENCY: Final = re.compile(r"\b(or|and)\s(911|999|112|988)(?![\w,]|\.\d|\s[a-z])")
_REFERENCE: Final = re.compile(
    r"\b(order|ticket|reference|ref|account|acct|tracking|invoice|confirmation|booking|case|code|pin|passcode"
    r"|zip|postcode"
    r"|ending in|ends in|ending with|extension|ext|flight|card|policy|routing|serial|ID|SKU|OTP|token|password|voucher"
    r"|membership|claim|patient|IBAN|PNR|ISBN|P\.?O\.? Box)"
    r"((?:\s+(?:number|no\.?|code|id))?(?:\s+is|\s+was)?[\s:]{0,3}#?\s?)"
    rf"({_GROUPS}|"
    r"[A-Z]{0,4}-?\d[\dA-Z]*(?:-[\dA-Z]+){0,5})(?![\w%]|[.,:]\d)",
    re.I,
)
_HASH: Final = re.compile(r"(?<!\w)#\s?(?=\d)")
_VERSION_WORD: Final = re.compile(
    r"\b(v|ver\.?|version|release|Python|Node|iOS|Android|PHP|Java|Ubuntu|macOS)\s?(\d{1,4}(?:\.\d{1,6}){1,4})"
    r"(?!\.?\w)",
    re.I,
)
_DOTTED: Final = re.compile(r"(?<![\w.])v?(\d{1,6}(?:\.\d{1,6}){2,5})(?!\.?\w)")
_LUMBER: Final = re.compile(r"(?<![\w.,])(\d{1,2})[xX](\d{1,2})s\b")
_LETTER_POINT: Final = re.compile(r"\b([A-Z])\.(\d{2,4})(?![\w.])")
_CARD: Final = re.compile(r"(?<![\w.,-])\d{4}(?:[ -]\d{4}){2,4}(?![\w-])")
_LONG: Final = re.compile(r"(?<![\w.,$€£¥-])\d{7,}(?!\w|[.,]\d|\s?%)")
_MIXED: Final = re.compile(
    r"(?<![\w.$€£¥'])(?=[A-Z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{2,40}(?:-(?=[A-Z]*\d)[A-Z\d]{1,20}){0,4}(?![\w'])"
)
_LETTERS_NUMBER: Final = re.compile(r"(?<![\w-])([A-Z]{2,10})-(\d{1,6})(?!\w|[.,]\d)")
_UNTOUCHED: Final = re.compile(
    rf"\d+(?:st|nd|rd|th|ST|ND|RD|TH|s|k|K|M|bn|x|[ap]m|[AP]M|p|{'|'.join(re.escape(unit) for unit in UNITS)})"
    rf"|\d+[xX]\d+(?:[xX]\d+)?(?:{'|'.join(re.escape(unit) for unit in UNITS)})?|4K|8K"
)
_GROUP: Final = re.compile(r"[A-Za-z]+|\d+")


def _phone(match: re.Match[str]) -> str:
    country, area, number, extension = match.groups()
    groups = re.findall(r"\d+", number)
    figures = sum(map(len, groups)) + len(re.findall(r"\d", area or ""))
    dated = re.fullmatch(r"\d{4}[-.]\d\d?[-.]\d\d?|\d\d?[-.]\d\d?[-.]\d{4}|\d{4}-\d{4}", number) and not country
    grouped = len(groups) > 1 and (
        (all(len(group) == 3 for group in groups[1:]) and number[len(groups[0])] == ".")
        or ("." in number and len(groups) < 3)
    )
    if figures < 7 or figures > 15 or dated or grouped or (len(groups) == 1 and not (country or area or extension)):
        return match[0]
    if len(groups) > 1 and min(map(len, groups)) == 4 and len(groups) > 2 and not (country or area):
        return match[0]
    said = [_group(group) for group in ([re.sub(r"\D", "", area)] if area else []) + _halved(groups)]
    spoken = ", ".join(said)
    if country:
        spoken = f"plus {digits(country)}, {spoken}" if country.startswith("+") else f"{digits(country)}, {spoken}"
    return f"{spoken}, extension {digits(extension)}" if extension else spoken


def _halved(groups: list[str]) -> list[str]:
    """Keeps groups of at most 5 digits; splits longer ones after every third digit."""
    return [part for group in groups for part in ([group] if len(group) <= 5 else re.findall(r"\d{1,3}", group))]


def _group(group: str) -> str:
    return cardinal(group) if re.fullmatch(r"[89]00", group) else digits(group)


def _quads(number: str) -> str:
    figures = re.sub(r"\D", "", number)
    return ", ".join(digits(figures[at : at + 4]) for at in range(0, len(figures), 4))


def _long(match: re.Match[str]) -> str:
    number = match[0]
    if number.endswith("000") and number[0] != "0" and len(number) <= 13:
        return cardinal(number)
    return _quads(number)


def _reference(match: re.Match[str]) -> str:
    word, between, code = match.groups()
    between = re.sub(r"#\s?", "number " if "number" not in between.lower() else "", between)
    between = re.sub(r"\bno\.?(?=\s|$)", "number", between, flags=re.I)
    code = code.replace(" ", "-")
    plain = code.isdecimal() and (len(code) < 3 or (len(code) == 3 and not between.strip()))
    if plain or re.fullmatch(r"\d{4}-\d\d-\d\d", code):
        return f"{word}{between}{code}"
    said = ", ".join(spelled(part) if len(part) <= 6 else _chunks(part) for part in code.split("-") if part)
    return f"{word}{between}{said}"


def _zip(match: re.Match[str]) -> str:
    """The state in full, and the digits of its ZIP code."""
    short, space, figures, more, name, name_space, name_figures, name_more = match.groups()
    state = name or STATES.get(short, "D.C")
    said = f"{state}{space or name_space}{digits(figures or name_figures)}"
    return f"{said}, {digits(more or name_more)}" if more or name_more else said


def _chunks(code: str) -> str:
    return ", ".join(spelled(code[at : at + 4]) for at in range(0, len(code), 4))


def _version(figures: str) -> str:
    return " point ".join(cardinal(part) for part in figures.split("."))


def _dotted(match: re.Match[str]) -> str:
    parts = match[1].split(".")
    if len(parts) == 4 and all(int(part) < 256 for part in parts):
        return " dot ".join(digits(part) for part in parts)
    return f"version {_version(match[1])}" if match[0][0] == "v" else _version(match[1])


def _mixed(match: re.Match[str]) -> str:
    """A code of letters and digits: "B12", "A1B2C3", "MP3"."""
    code = match[0]
    if _UNTOUCHED.fullmatch(code):
        return code
    groups = _GROUP.findall(code)
    if len(groups) > 2:
        parts = code.split("-")
        return ", ".join(spelled(part) if len(part) <= 6 else _chunks(part) for part in parts if part)
    said: list[str] = []
    for group in groups:
        if group.isdecimal():
            said.append(cardinal(group) if len(group) <= 2 else digits(group))
        else:
            said.append(spelled(group) if group.isupper() and len(group) <= 3 else group)
    return " ".join(said)


def spoken_phones(text: str) -> str:
    """The text with telephone, card and other long numbers written digit by digit."""
    text = _VERSION_WORD.sub(
        lambda m: f"{'version' if m[1].lower() in ('v', 'ver', 'ver.') else m[1]} {_version(m[2])}", text
    )
    text = _CARD.sub(lambda m: _quads(m[0]), text)
    text = _DOTTED.sub(
        lambda m: (
            m[0]
            if re.fullmatch(r"\d\d?\.\d\d?\.\d{4}|\d{4}\.\d\d?\.\d\d?|\d{3}\.\d{3}\.\d{4}|\d{2}(?:\.\d{2}){4}", m[0])
            else _dotted(m)
        ),
        text,
    )
    text = _ENTER.sub(lambda m: f"{m[1]} {', '.join(map(digits, m[2].split(' ')))}", _ZIP.sub(_zip, text))
    text = _FLIGHT.sub(lambda m: f"{m[1]} {spelled(m[2])} {digits(m[3])}", text)
    text = _EMERGENCY.sub(lambda m: f"{m[1]} {digits(m[2])}", text)
    text = _TWO_GROUPS.sub(lambda m: f"{digits(m[1])}, {digits(m[2])}", text)
    text = _SERVICE.sub(lambda m: f"{m[1]} {digits(m[2])}", text)
    text = _REFERENCE.sub(_reference, text)
    return _PHONE.sub(_phone, text)


def spoken_codes(text: str) -> str:
    """The text with codes of letters and digits in words."""
    text = _LUMBER.sub(lambda m: f"{cardinal(m[1])} by {cardinal(m[2])}s", text)
    text = _HASH.sub("number ", _LETTER_POINT.sub(lambda m: f"{m[1]} {digits(m[2])}", text))
    text = _LETTERS_NUMBER.sub(lambda m: f"{m[1]} {cardinal(m[2]) if len(m[2]) <= 2 else digits(m[2])}", text)
    text = _LONG.sub(_long, text)
    return _MIXED.sub(_mixed, text)
