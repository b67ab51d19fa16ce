"""One of a field's options, by its words, its place or a close spelling."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from services.agent.tools.forms.values.consent import consent_in
from services.agent.tools.forms.values.figures import with_figures
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.spelling import without_fillers
from services.agent.tools.forms.values.words import Words, fold

_SHOWN_OPTIONS, _SHOWN_CHARACTERS = 20, 60
_CLOSE, _CLOSE_WORD = 0.8, 0.8
_MARGIN = 0.1
_MIN_WORD = 2
_PLACE = re.compile(r"(?<![A-Za-z0-9_])(\d{1,3})(?:st|nd|rd|th|er|eme|e|a|o|\.)?(?![A-Za-z0-9_])")
# Beyond this many pairs of words only whole words are compared.
_MAX_PAIRS = 4_000


@dataclass(frozen=True)
class Option:
    """An option: its value, and the text that the caller sees or hears."""

    value: str
    label: str


def options_of(options: Sequence[Any]) -> list[Option]:
    """The options of a field, given as texts or as `{value, label}`."""
    return [
        Option(str(option.get("value", "")), str(option.get("label") or option.get("value", "")))
        if isinstance(option, Mapping)
        else Option(str(option), str(option))
        for option in options
    ]


def choice_in(given: str, options: Sequence[Option], words: Words | None) -> Option:
    """The option that is meant. words: of the caller's language, if it is known. Raises: NotUnderstoodError."""
    wanted = _plain(given)
    for same in (
        lambda o: o.value == given,
        lambda o: o.label == given,
        lambda o: wanted in (_plain(o.value), _plain(o.label)),
    ):
        if len(equal := [option for option in options if same(option)]) == 1:
            return equal[0]
    if words is None:
        raise NotUnderstoodError(_which(options))
    text = _plain(with_figures(given, words))
    if words.has("answers.not_this", text):
        raise NotUnderstoodError(_which(options))
    named = [_plain(with_figures(option.label[:200], words)) for option in options]
    for found in (
        _said(text, named),
        _by_words(text, named, words),
        _by_place(text, named, words),
        _close(text, named, words),
        _by_consent(text, named, words),
    ):
        if len(found) == 1:
            return options[found[0]]
        if found:
            break
    raise NotUnderstoodError(_which(options))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s+%€$£]|_", " ", fold(text[:1000])).split())


def _which(options: Sequence[Option]) -> str:
    shown = ", ".join(f'"{option.label[:_SHOWN_CHARACTERS]}"' for option in options[:_SHOWN_OPTIONS])
    more = f" and {len(options) - _SHOWN_OPTIONS} more" if len(options) > _SHOWN_OPTIONS else ""
    return f"This is not clearly one of the options. They are {shown}{more}. Ask the caller which one."


def _said(text: str, named: list[str]) -> list[int]:
    """Options whose whole label stands in the text. One inside another that stands there too does not count."""
    around = f" {text} "
    found = [index for index, name in enumerate(named) if name and f" {name} " in around]
    return [i for i in found if not any(i != k and f" {named[i]} " in f" {named[k]} " for k in found)]


def _by_words(text: str, named: list[str], words: Words) -> list[int]:
    """The options with the most words in common, those that fewer options have counting more."""
    spoken = _content(text, words)
    contents = [_content(name, words) for name in named]
    close = len(spoken) * sum(map(len, contents)) <= _MAX_PAIRS
    scores: list[float] = [0.0] * len(named)
    for word in spoken:
        holders = [i for i, content in enumerate(contents) if any(_same(word, other, close) for other in content)]
        for index in holders:
            scores[index] += 1 / len(holders)
    best = max(scores, default=0.0)
    return [i for i, score in enumerate(scores) if score and score > best - 0.01]


def _content(text: str, words: Words) -> set[str]:
    text = words.without("answers.option_words", without_fillers(text, words))
    if words.has_blanks:
        return {word for word in text.split() if len(word) >= _MIN_WORD or word.isdigit()}
    # Without blanks, characters stand for words, but for those of Japanese grammar.
    return {sign for sign in text if sign.isalnum() and not "\u3040" <= sign <= "\u309f"}


def _same(word: str, other: str, close: bool) -> bool:
    if word == other or not close or min(len(word), len(other)) < 4 or word.isdigit() or other.isdigit():
        return word == other
    shared = SequenceMatcher(None, word, other)
    return shared.real_quick_ratio() >= _CLOSE_WORD and shared.ratio() >= _CLOSE_WORD


def _by_place(text: str, named: list[str], words: Words) -> list[int]:
    """The option whose place is named, where nothing else is said: “the second one”, “number 3”, “the last”."""
    rest = words.without("answers.option_words", without_fillers(text, words))
    # Articles of one letter.
    rest = re.sub(r"^(?:[a-z] )+", "", rest)
    if words.language == "en":
        # “One” as in “the second one”.
        rest = re.sub(r"(?<=\w) 1\Z", "", rest)
    for path, index in (("answers.last", len(named) - 1), ("answers.first", 0)):
        if (pattern := words.pattern(path)) and pattern.fullmatch(rest):
            return [index]
    match = _PLACE.fullmatch(rest)
    return [int(match[1]) - 1] if match and 1 <= int(match[1]) <= len(named) else []


def _by_consent(text: str, named: list[str], words: Words) -> list[int]:
    """The option that says yes or no, where one of two says yes and the other no."""
    try:
        meanings = [consent_in(name, words) for name in named] if len(named) == 2 else []
        return [meanings.index(consent_in(text, words))] if sorted(meanings) == [False, True] else []
    except NotUnderstoodError:
        return []


def _close(text: str, named: list[str], words: Words) -> list[int]:
    """The option with the closest spelling, if no other is nearly as close."""
    text = without_fillers(text, words)[:100]
    if len(text) * sum(map(len, named)) > _MAX_PAIRS * 20:
        return []
    ranked = sorted(((SequenceMatcher(None, text, name).ratio(), i) for i, name in enumerate(named)), reverse=True)
    if not ranked or ranked[0][0] < _CLOSE:
        return []
    return [i for ratio, i in ranked if ratio > ranked[0][0] - _MARGIN]
