"""Makes a reply readable aloud: markup and emoji out, addresses and numbers as a person would say them."""

import re
import unicodedata
from typing import Final

_CODE_FENCE: Final = re.compile(r"```[^\n]*\n?|~~~[^\n]*\n?")
_IMAGE: Final = re.compile(r"!\[([^\]]*)\]\([^)\s]*\)")
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)\s]*\)")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_LINE_START: Final = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|\|)", re.MULTILINE)
_RULE: Final = re.compile(r"^[ \t]*(?:[-*_=|:][ \t]*){3,}$", re.MULTILINE)
_EMPHASIS: Final = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|~~|`{1,2})(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_LEFTOVER: Final = re.compile(r"\*{2,}|_{2,}|~~|`+|(?<!\d)\*(?!\d)|\s\|\s?|\|$")
_TIMES: Final = re.compile(r"(?<=\d)\s*[*\u00d7]\s*(?=\d)")
_EMOTICON: Final = re.compile(r"(?<!\S)[:;=8][-']?[)(DPp/\\|](?!\S)")
_SPACES: Final = re.compile(r"[^\S\n]+")

# Said letter by letter; the others are said as words.
_SPELLED_ENDINGS: Final = (
    "io",
    "co",
    "ai",
    "tv",
    "us",
    "uk",
    "eu",
    "ca",
    "au",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "ch",
    "edu",
)
_SAID_ENDINGS: Final = ("com", "org", "net", "gov", "info", "biz", "shop", "app", "dev", "store", "online", "me")
_ENDINGS: Final = "|".join((*_SPELLED_ENDINGS, *_SAID_ENDINGS))
_EMAIL: Final = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_URL: Final = re.compile(
    r"\b(?:https?://|www\.)[^\s<>()\"']+"
    rf"|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:{_ENDINGS})\b(?:/[^\s<>()\"']*)?",
    re.IGNORECASE,
)
_NO_NUMBER_BEFORE: Final = r"(?<![\w.,$€£-])"
_PHONE: Final = re.compile(
    _NO_NUMBER_BEFORE + r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){1,4}(?![\w-]|[.,]\d)"
)
_NOT_A_PHONE: Final = re.compile(r"\d{4}-\d{2}-\d{2}|(?:19|20)\d\d ?- ?(?:19|20)\d\d")
_LONG_NUMBER: Final = re.compile(_NO_NUMBER_BEFORE + r"\d{7,}(?![\w]|[.,]\d)")
_REFERENCE: Final = re.compile(
    r"\b(order|ticket|reference|account|tracking|invoice|confirmation|booking|case|code|pin)"
    r"((?:\s+(?:number|no\.?|code|id))?(?:\s+is)?\s*[:#]?\s*)(\d{4,})\b",
    re.IGNORECASE,
)

_DAYS: Final = {
    "mon": "Monday",
    "tue": "Tuesday",
    "tues": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_DAY: Final = r"(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?:\.|(?:d|s|nes|rs|ur|)day)?"
_DAY_RANGE: Final = re.compile(rf"\b({_DAY})\s?[-\u2013\u2014]\s?({_DAY})(?!\w)")
_SHORT: Final = (
    (re.compile(r"\be\.\s?g\.,?"), "for example,"),
    (re.compile(r"\bi\.\s?e\.,?"), "that is,"),
    (re.compile(r"\bapt\.?(?=\s*#?\d)", re.IGNORECASE), "apartment"),
    (re.compile(r"\b24/7\b"), "twenty-four seven"),
)


def _is_picture(character: str) -> bool:
    if character in "°":
        return False
    category = unicodedata.category(character)
    if category in ("So", "Sk", "Me", "Cs", "Co", "Cn"):
        return character not in "^`\u00b4"
    return character in "\u200d\ufe0e\ufe0f\u2060\ufeff" or 0xE0000 <= ord(character) <= 0xE007F


def _spelled(name: str) -> str:
    return " ".join(name.upper())


def _domain(host: str) -> str:
    labels = [label for label in host.split(".") if label]
    said = [_spelled(label) if label.lower() in _SPELLED_ENDINGS and at else label for at, label in enumerate(labels)]
    return " dot ".join(said).replace("-", " dash ")


def _address(text: str) -> str:
    return text.replace(".", " dot ").replace("-", " dash ").replace("_", " underscore ").replace("+", " plus ")


def _email(match: re.Match[str]) -> str:
    name, host = match.group().rsplit("@", 1)
    return f"{_address(name)} at {_domain(host)}"


def _url(match: re.Match[str]) -> str:
    found = match.group()
    url = found.rstrip(".,;:!?")
    host, _, path = re.sub(r"^(?:https?://)?(?:www\.)?", "", url, flags=re.IGNORECASE).partition("/")
    path = re.split(r"[?#]", path)[0].strip("/")
    steps = [_address(step) for step in path.split("/") if step]
    return " slash ".join([_domain(host), *steps]) + found[len(url) :]


def _digits(number: str) -> str:
    return " ".join(number)


def _phone(match: re.Match[str]) -> str:
    found = match.group()
    groups = re.findall(r"\d+", found)
    if sum(map(len, groups)) < 7 or _NOT_A_PHONE.fullmatch(found):
        return found
    said = ", ".join(_digits(group) for group in groups)
    return f"plus {said}" if found.startswith("+") else said


def _long_number(match: re.Match[str]) -> str:
    number = match.group()
    return ", ".join(_digits(number[at : at + 4]) for at in range(0, len(number), 4))


def _day(name: str) -> str:
    return _DAYS.get(name.rstrip(".").lower(), name)


def _without_markup(text: str) -> str:
    text = _TIMES.sub(" times ", text)
    for pattern, kept in ((_CODE_FENCE, "\n"), (_IMAGE, r"\1"), (_LINK, r"\1"), (_TAG, " "), (_RULE, "\n")):
        text = pattern.sub(kept, text)
    text = _LINE_START.sub("", text)
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    return _EMOTICON.sub("", _LEFTOVER.sub(" ", text))


def speakable(text: str, language: str = "en") -> str:
    """The text as it should be read aloud; empty when nothing of it can be.

    Line breaks stay, because a reader pauses there.
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        " " if _is_picture(c) else c for c in text if c == "\n" or unicodedata.category(c) != "Cc" or c == "\t"
    )
    text = _without_markup(text)
    for pattern, said in _SHORT:
        text = pattern.sub(said, text)
    text = _EMAIL.sub(_email, text)
    text = _URL.sub(_url, text)
    text = _DAY_RANGE.sub(lambda m: f"{_day(m.group(1))} to {_day(m.group(2))}", text)
    text = _REFERENCE.sub(lambda m: f"{m.group(1)}{m.group(2).replace('#', 'number ')}{_digits(m.group(3))}", text)
    text = _PHONE.sub(_phone, text)
    text = _LONG_NUMBER.sub(_long_number, text)
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    text = "\n".join(line for line in lines if any(c.isalnum() for c in line))
    return re.sub(r" +([,.;:!?])", r"\1", text)
