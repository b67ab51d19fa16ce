"""E-mail addresses as people say them: “anna at example dot com, double n”."""

import re

from services.agent.tools.forms.values.figures import with_figures
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.spelling import (
    AT,
    DOT,
    by_radio_alphabet,
    is_alike,
    joined,
    with_double,
    with_letters,
    with_signs,
    with_single,
    without_fillers,
    without_lead,
)
from services.agent.tools.forms.values.words import Words

ASK_EMAIL = "This is not a whole e-mail address. Ask the caller to say it again slowly, and to spell the part before @."
_WRITTEN = re.compile(r"[^\s@<>,;:\"'()]+@[^\s@<>,;:\"'()]+\.[^\s@<>,;:\"'().]{2,}")
_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-]+[a-z0-9]+)*@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*\.[a-z]{2,24}"
)
# A dot between letters, before punctuation is taken out.
_INNER_DOT = re.compile(r"(?<=\w)\.(?=\w)| \. ")
_DOT_SIGN = "\u2022"
_UMLAUT = re.compile("[äöü]")
# Words with an umlaut that callers say around an address, and in numbers.
_GERMAN_WORDS = re.compile(r"\b(?:ät|äh+m?|wäre|für|über|fünf\w*|zwölf\w*|\w+fünf\w*|\w+zwölf\w*)\b")
_MAX_WORDS = 3
_MAX_DOMAIN_LETTERS = 3
_MAX_CHARACTERS = 254


def email_in(given: str, words: Words) -> str:
    """The e-mail address in what was given. Raises: NotUnderstoodError."""
    if len(found := _WRITTEN.findall(given)) == 1:
        address = found[0]
        tail = given.partition(address)[2]
        return _clarified(address, _tokens(tail, words), words)
    tokens = _tokens(given, words)
    if tokens.count(AT) != 1:
        raise NotUnderstoodError(ASK_EMAIL)
    place = tokens.index(AT)
    local = _local(tokens[:place], words)
    domain, tail_tokens = _domain(tokens[place + 1 :])
    address = f"{local}@{domain}"
    if len(address) > _MAX_CHARACTERS or not _ADDRESS.fullmatch(address):
        raise NotUnderstoodError(ASK_EMAIL)
    return _clarified(address, tail_tokens, words)


def _tokens(text: str, words: Words) -> list[str]:
    if words.language == "de" and _UMLAUT.search(_GERMAN_WORDS.sub(" ", text.casefold())):
        raise NotUnderstoodError("An umlaut may be written in two ways. Ask the caller to spell the address.")
    text = with_figures(_INNER_DOT.sub(f" {_DOT_SIGN} ", text), words).replace(_DOT_SIGN, DOT)
    text = with_letters(text, words)
    if (pattern := words.pattern("signs.at")) and (match := pattern.search(text)):
        text = f"{without_lead(text[: match.start()], words)} {text[match.start() :]}"
    return with_signs(text, words).split()


def _local(tokens: list[str], words: Words) -> str:
    """The part before @. “anna with double n” changes the word before it, “a double n a” adds letters."""
    text = " ".join(by_radio_alphabet(tokens))
    changes: list[tuple[bool, str]] = []
    for path, is_double in (("signs.doubles", True), ("signs.single", False)):
        for pattern in words.templates(path):

            def changed(match: re.Match[str], is_double: bool = is_double) -> str:
                before = match.string[: match.start()].split()
                if before and len(before[-1]) > 1:
                    changes.append((is_double, match["x"]))
                    return " "
                return f"{match['x']} {match['x']}" if is_double else match[0]

            text = pattern.sub(changed, text)
    tokens = text.split()
    if not tokens or sum(len(token) > 1 and token.isalpha() for token in tokens) > _MAX_WORDS:
        raise NotUnderstoodError(ASK_EMAIL)
    local = joined(tokens)
    for is_double, letter in changes:
        local = _changed(local, is_double, letter)
    return local


def _changed(local: str, is_double: bool, letter: str) -> str:
    changed = with_double(local, letter) if is_double else with_single(local, letter)
    if changed is None:
        raise NotUnderstoodError(
            f"It is not clear where the letter {letter} belongs. Ask the caller to spell the address."
        )
    return changed


def _domain(tokens: list[str]) -> tuple[str, list[str]]:
    """The part after @, and the tokens after it, which say how the address is spelled."""
    labels: list[str] = []
    rest = tokens
    while DOT in rest:
        place = rest.index(DOT)
        if labels and place > 0:
            break
        if not labels:
            labels.append("".join(rest[:place]))
        rest = rest[place + 1 :]
        label = rest[:1]
        if label and len(label[0]) == 1:
            end = 0
            while end < min(len(rest), _MAX_DOMAIN_LETTERS) and len(rest[end]) == 1 and rest[end].isalpha():
                end += 1
            label = rest[:end]
        labels.append("".join(label))
        rest = rest[len(label) :]
    return ".".join(labels), rest


def _clarified(address: str, tail: list[str], words: Words) -> str:
    """An address as what is said after it spells it."""
    tail = without_fillers(" ".join(tail), words).split()
    if not tail:
        return address
    local, _, domain = address.partition("@")
    text = " ".join(tail)
    for path, is_double in (("signs.doubles", True), ("signs.single", False)):
        for pattern in words.templates(path):
            if match := pattern.fullmatch(text):
                return f"{_changed(local, is_double, match['x'])}@{domain}"
    run = "".join(tail)
    if all(len(token) == 1 for token in tail):
        if len(run) >= 2 and len(set(run)) == 1:
            return f"{_changed(local, True, run[0])}@{domain}"
        if is_alike(local, run):
            return f"{run}@{domain}"
    raise NotUnderstoodError(ASK_EMAIL)
