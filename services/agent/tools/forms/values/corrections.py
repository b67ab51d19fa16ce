"""Corrects an earlier value by what the caller says about a part of it: “no, with a c”, “no, the fourth”."""

import re
from collections.abc import Mapping
from typing import Any

from services.agent.tools.forms.values.clock import in_part, part_alone
from services.agent.tools.forms.values.dates import day_of_month
from services.agent.tools.forms.values.emails import email_in
from services.agent.tools.forms.values.figures import with_figures
from services.agent.tools.forms.values.result import Context, NotUnderstoodError, Understood
from services.agent.tools.forms.values.spelling import (
    AT,
    is_alike,
    with_double,
    with_signs,
    with_single,
    without_fillers,
)
from services.agent.tools.forms.values.understand import accepted, understood
from services.agent.tools.forms.values.words import Words, fold, words_of
from services.kit.forms.answers import type_of
from services.kit.forms.text import date_of, time_of, trimmed

ASK_PART = "It is not clear what is to change. Ask the caller to say the whole value again, and to spell it if needed."
_SPELLED = frozenset({"text", "textarea", "email", "tel"})
_NAMES = frozenset({"text", "textarea"})
_MAX_NO_WORDS = 4
_MAX_LETTERS = 20
# Letters that a recogniser takes for each other.
_ALIKE = {
    "b": "pdv", "c": "ksz", "d": "tb", "e": "i", "f": "vs", "g": "jk", "i": "yej", "j": "gyi", "k": "cqg", "m": "n",
    "n": "m", "p": "bt", "q": "k", "s": "czfx", "t": "dp", "v": "wfb", "w": "v", "x": "s", "y": "ij", "z": "sc",
}  # fmt: skip


def corrected(field: Mapping[str, Any], earlier: str, given: str, context: Context) -> Understood:
    """Understands a correction of an earlier value, or a new value in its place.

    field: as in the form's stored definition. earlier: the field's value so far.
    """
    words = words_of(context.language)
    if words is None or not earlier:
        return understood(field, given, context)
    if field.get("type") == "checkbox":
        return understood(field, given, context)
    rest = _without_no(given, words)
    if not rest:
        return Understood(None, ASK_PART)
    try:
        if not without_fillers(words.without("answers.yes", with_figures(rest, words)), words):
            return accepted(field, earlier, words)
        changed = _changed(type_of(field), earlier, with_figures(rest, words), words)
        if changed is not None:
            return accepted(field, changed, words)
    except NotUnderstoodError as fault:
        return Understood(None, str(fault))
    return understood(field, rest, context)


def _without_no(given: str, words: Words) -> str:
    """What was given, without “no” and the like at its beginning."""
    tokens = trimmed(given).split()
    pattern = words.pattern("correct.no")
    for count in range(min(_MAX_NO_WORDS, len(tokens)), 0, -1):
        if pattern and pattern.fullmatch(re.sub(r"[^\w\s']", "", fold(" ".join(tokens[:count])))):
            return _without_no(" ".join(tokens[count:]), words)
    return " ".join(tokens)


def _changed(kind: str, earlier: str, text: str, words: Words) -> str | None:
    """The earlier value with one part changed; None when the text names no part. Raises: NotUnderstoodError."""
    if kind == "date" and (day := date_of(earlier)) and (number := day_of_month(text, words)):
        try:
            return day.replace(day=number).isoformat()
        except ValueError:
            raise NotUnderstoodError("That month has no such day. Ask the caller for the date again.") from None
    if kind == "time" and (moment := time_of(earlier)) and (part := part_alone(text, words)):
        return in_part(moment, part).strftime("%H:%M")
    if kind not in _SPELLED:
        return None
    local, at, domain = earlier.partition("@") if kind == "email" else (earlier, "", "")
    changed = _respelled(local, text, words)
    if changed is not None:
        return f"{changed}{at}{domain}"
    if kind == "email":
        return _part_of_address(text, local, domain, words)
    tokens = text.split()
    if kind in _NAMES and len(tokens) <= _MAX_LETTERS and all(len(token) == 1 for token in tokens[1:]) and tokens[1:]:
        # Letters alone, or after “with”: no value by themselves.
        spelling = "".join(tokens)
        if len(tokens[0]) == 1 and is_alike(fold(earlier), spelling):
            return spelling.capitalize() if earlier[:1].isupper() else spelling
        raise NotUnderstoodError(ASK_PART)
    return None


def _part_of_address(text: str, local: str, domain: str, words: Words) -> str | None:
    """An address with a new part before or after @; None for anything else."""
    signs = with_signs(text, words)
    if signs.startswith(AT):
        return email_in(f"{local} {text}", words)
    if AT in signs:
        return None
    try:
        address = email_in(f"{text} @ {domain}", words)
    except NotUnderstoodError:
        return None
    return address if is_alike(local, address.partition("@")[0]) else None


def _respelled(earlier: str, text: str, words: Words) -> str | None:
    for pattern in words.templates("correct.instead"):
        if match := pattern.fullmatch(text):
            return _replaced(earlier, match["y"], match["x"])
    for pattern in words.templates("correct.last"):
        if match := pattern.fullmatch(text):
            return earlier[:-1] + match["x"]
    for path, change in (("signs.doubles", with_double), ("signs.single", with_single)):
        for pattern in words.templates(path):
            if match := pattern.fullmatch(text):
                return _clear(change(earlier, match["x"]))
    for pattern in words.templates("correct.with_letter"):
        if (match := pattern.fullmatch(text)) and match["x"].isalpha():
            return _by_sound(earlier, match["x"])
    return None


def _replaced(earlier: str, old: str, new: str) -> str:
    places = [index for index, sign in enumerate(earlier) if sign.lower() == old]
    return _at(earlier, places, new)


def _by_sound(earlier: str, letter: str) -> str:
    """The value with a letter in the place of one that sounds like it, where there is only one such place."""
    places = [index for index, sign in enumerate(earlier) if sign.lower() in _ALIKE.get(letter, "")]
    return _at(earlier, places, letter)


def _at(earlier: str, places: list[int], letter: str) -> str:
    if len(places) != 1:
        raise NotUnderstoodError(ASK_PART)
    (place,) = places
    new = letter.upper() if earlier[place].isupper() else letter
    return earlier[:place] + new + earlier[place + 1 :]


def _clear(changed: str | None) -> str:
    if changed is None:
        raise NotUnderstoodError(ASK_PART)
    return changed
