"""Texts that are spelled: “n as in November”, “double n”, “capital A”, “alpha bravo”."""

import re
from difflib import SequenceMatcher

from services.agent.tools.forms.values.numbers import doubled
from services.agent.tools.forms.values.words import Words

DOT, DASH, UNDERSCORE, PLUS, AT = ".", "-", "_", "+", "@"
_SIGNS = (("underscore", UNDERSCORE), ("at", AT), ("dot", DOT), ("dash", DASH), ("plus", PLUS))
_RADIO = (
    "alpha|alfa bravo charlie delta echo foxtrot golf hotel india juliet|juliett kilo lima mike november oscar papa "
    "quebec romeo sierra tango uniform victor whisky|whiskey x-ray|xray yankee zulu"
)
_RADIO_LETTERS = {spelling: names[0] for names in _RADIO.split() for spelling in names.split("|")}
_ALIKE = 0.6
_MIN_SPELLED = 3


def with_signs(text: str, words: Words) -> str:
    """A text with the spoken names of signs as the signs, each a token of its own."""
    for name, written in words.all("signs.names"):
        text = words.compiled(name).sub(f" {written} ", text)
    for name, sign in _SIGNS:
        if pattern := words.pattern(f"signs.{name}"):
            text = pattern.sub(f" {sign} ", text)
    return " ".join(re.sub(r"([@_+.-])", r" \1 ", text).split())


def with_letters(text: str, words: Words) -> str:
    """A text with “n as in November” as “n”, without “capital”, and with doubled figures written out."""
    if spelled_as := words.get("signs.spelled_as"):
        text = re.sub(rf"(?<!\w)([a-z0-9]) (?:{spelled_as}) [^\W\d_]{{2,}}", r"\1", text)
    if capital := words.get("signs.capital"):
        text = words.compiled(rf"(?:{capital}) (?=[a-z0-9](?!\w))").sub("", text)
    return doubled(text, words)


def by_radio_alphabet(tokens: list[str]) -> list[str]:
    """Tokens with the words of the radio alphabet as letters, if there are at least two of them."""
    if sum(token in _RADIO_LETTERS for token in tokens) < 2:
        return tokens
    return [_RADIO_LETTERS.get(token, token) for token in tokens]


def without_fillers(text: str, words: Words) -> str:
    """A text without words to pass over. Single letters stay: they may be spelled."""
    pattern = words.pattern("answers.fillers")
    if pattern is None:
        return text
    return " ".join(pattern.sub(lambda m: m[0] if re.fullmatch("[a-z0-9]", m[0]) else " ", text).split())


def without_lead(text: str, words: Words) -> str:
    """A text without hesitations, and without words to pass over at its beginning: “so it's anna” is “anna”."""
    text = words.without("answers.hesitations", text)
    if (lead := words.pattern("signs.lead")) and (ends := [match.end() for match in lead.finditer(text)]):
        text = text[ends[-1] :].strip() or text
    pattern = words.pattern("answers.fillers")
    while pattern and (match := pattern.match(text)) and len(match[0]) > 1:
        text = text[match.end() :].strip()
    return text


def joined(tokens: list[str]) -> str:
    """Tokens as one word. A word that is followed by its own spelling is taken as it is spelled."""
    parts: list[str] = []
    index = 0
    while index < len(tokens):
        end = index
        while end < len(tokens) and len(tokens[end]) == 1 and tokens[end].isalnum():
            end += 1
        run = "".join(tokens[index:end])
        if not run:
            parts.append(tokens[index])
            index += 1
            continue
        if parts and len(run) >= _MIN_SPELLED and is_alike(parts[-1], run):
            parts.pop()
        parts.append(run)
        index = end
    return "".join(parts)


def is_alike(word: str, spelling: str) -> bool:
    """Whether a spelling is one of a word as it was heard."""
    return SequenceMatcher(None, word, spelling).ratio() >= _ALIKE


def with_double(text: str, letter: str) -> str | None:
    """The text with a letter doubled; None when it is not clear where."""
    if letter * 2 in text:
        return text
    return text.replace(letter, letter * 2) if text.count(letter) == 1 else None


def with_single(text: str, letter: str) -> str | None:
    """The text with a double letter once; None when it is not clear where."""
    return text.replace(letter * 2, letter) if text.count(letter * 2) == 1 else text if letter in text else None
