"""Writes e-mail and web addresses, handles and hashtags as words, with each language's words for their symbols."""

import re
from dataclasses import dataclass
from typing import Final

from services.kit.reading.numbers import spelled

# Domain endings that are spelled letter by letter; all others are said as words.
_SPELLED_ENDINGS: Final = (
    "io co ai tv us uk eu ca au de fr es it nl ch be at se no dk fi pl pt br mx ar in jp cn kr tw hk sg nz ie za edu "
    "gg fm"
)
_SPELLED: Final = frozenset(
    (*_SPELLED_ENDINGS.split(), "ly", "html", "php", "pdf", "faq", "api", "www", "xml", "css", "js")
)
_SAID: Final = (
    "com org net gov edu info biz shop app dev store online site tech cloud blog live news jobs travel health care "
    "bank law pro club world page link example test local"
)
_ENDINGS: Final = "|".join(
    sorted({*_SPELLED, *_SAID.split()} - {"html", "php", "pdf", "faq", "api", "www", "xml", "css", "js"})
)
_EMAIL: Final = re.compile(
    r"(?<![\w.+@-])([\w.+-]{1,64})@((?:[\w-]{1,63}\.){1,8}[a-z][\w-]{1,62})(?![\w@])", re.IGNORECASE
)
_URL: Final = re.compile(
    r"(?<![\w@])(?:(?:https?|ftp)://|www\.)[^\s<>()\"'“”「」，。、]{1,2000}"
    rf"|(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,8}}(?:{_ENDINGS})(?![\w@-]|\.\w)"
    rf"(?:/[^\s<>()\"'“”「」，。、]{{0,2000}})?",
    re.IGNORECASE,
)
_HANDLE: Final = re.compile(r"(?<![\w@.])@([a-z_][\w.]{0,30}\w)", re.IGNORECASE)
_TAG: Final = re.compile(r"(?<![\w&#/])#(?![A-Z]{1,4}-?\d)([^\W\d_]\w{1,60})")
_PIECE: Final = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|\d|[^\W\d_]+|[._+/:=&?%~#-]")
_MAX_STEPS: Final = 4  # of a path that are spoken; no listener notes down more


@dataclass(frozen=True, slots=True)
class Signs:
    """Words for the symbols of an address."""

    at: str
    dot: str
    dash: str
    underscore: str
    plus: str
    slash: str
    tag: str
    in_english: bool = False  # letters and digits become English words


def _said(text: str, signs: Signs) -> str:
    """A name in an address: words stay, symbols are named, digits are said one by one."""
    names = {".": signs.dot, "-": signs.dash, "_": signs.underscore, "+": signs.plus, "/": signs.slash}
    said: list[str] = []
    for piece in _PIECE.findall(text):
        if piece in names:
            said.append(names[piece])
        elif len(piece) == 1 and piece.isalnum():
            said.append(spelled(piece) if signs.in_english and (piece.isdecimal() or piece in "aA") else piece)
        elif piece.lower() in _SPELLED and piece.lower() not in ("it", "us", "in", "no", "be", "at", "de", "es"):
            said.append(_letters(piece, signs))
        elif piece.isalnum():
            said.append(piece)
    return " ".join(said)


def _letters(word: str, signs: Signs) -> str:
    return spelled(word) if signs.in_english else " ".join(word.upper())


def _host(host: str, signs: Signs) -> str:
    labels = host.split(".")
    said = [_said(labels[0], signs)]
    said.extend(_letters(label, signs) if label.lower() in _SPELLED else _said(label, signs) for label in labels[1:])
    return f" {signs.dot} ".join(part for part in said if part)


def _url(found: str, signs: Signs) -> str:
    url = found.rstrip(".,;:!?*…")
    bare = re.sub(r"^(?:[a-z]{3,5}://)?(?:www\.)?", "", url, flags=re.IGNORECASE)
    address, _, _ = re.sub(r"[?#].*", "", bare, flags=re.DOTALL).partition("#")
    host, *steps = [step for step in address.split("/") if step] or [""]
    host, _, port = host.partition(":")
    said = [_host(host, signs), *(_said(step, signs) for step in steps[:_MAX_STEPS])]
    if port.isdecimal():
        said[0] += " port " + _said(port, signs) if signs.in_english else " " + port
    return f" {signs.slash} ".join(part for part in said if part) + found[len(url) :]


def spoken_addresses(text: str, signs: Signs) -> str:
    """The text with addresses, handles and hashtags in words."""
    if "@" in text:
        text = _EMAIL.sub(lambda m: f"{_said(m[1], signs)} {signs.at} {_host(m[2], signs)}", text)
    if "." in text:
        text = _URL.sub(lambda m: _url(m[0], signs), text)
    if "@" in text:
        text = _HANDLE.sub(lambda m: f"{signs.at} {_said(m[1], signs)}", text)
    if "#" in text:
        text = _TAG.sub(lambda m: f"{signs.tag} {_said(m[1], signs)}", text)
    return text
