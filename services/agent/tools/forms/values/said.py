"""How a value is read back to the caller, in the language of the call."""

import re
from datetime import date, time

from services.agent.tools.forms.values.words import Words

_GROUP = 3
_VOWEL = re.compile("[aeiouy]")
_PART = re.compile(r"[a-z]+|\d+|[^a-z\d]")


def said_date(day: date, words: Words) -> str:
    """A date with its weekday: “Thursday, December 3, 2026”."""
    first = words.get("said.first_day")
    return words.get("said.date").format(
        weekday=words.all("said.weekdays")[day.weekday()],
        month=words.all("said.months")[day.month - 1],
        day=first if day.day == 1 and first else day.day,
        year=day.year,
    )


def said_time(moment: time, words: Words) -> str:
    """A time of day, by the clock of the language: “3:30 PM”, “15:30”."""
    if words.get("said.clock") == "12":
        return f"{moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < 12 else 'PM'}"
    return f"{moment.hour}:{moment.minute:02}"


def said_email(address: str, words: Words) -> str:
    """An address in groups: “anna, with double n, at example dot com”."""
    local, _, domain = address.lower().partition("@")
    return f"{_said_local(local, words)}, {_sign('@', words)} {_said_domain(domain, words)}"


def _said_local(local: str, words: Words) -> str:
    groups: list[str] = []
    for part in _PART.findall(local):
        if part.isdigit():
            groups.append(" ".join(part))
        elif not part.isalpha():
            groups.append(_sign(part, words))
        elif len(part) <= 2 or not _VOWEL.search(part):
            groups.append(" ".join(part.upper()))
        else:
            groups.append(part)
            groups += [words.get("said.double").format(x=x) for x in dict.fromkeys(re.findall(r"([a-z])\1", part))]
    return ", ".join(groups)


def _said_domain(domain: str, words: Words) -> str:
    spaced = [_sign(part, words) if not part.isalnum() else part for part in re.findall(r"[a-z0-9]+|[^a-z0-9]", domain)]
    return " ".join(spaced)


def _sign(sign: str, words: Words) -> str:
    name = {"@": "at", ".": "dot", "-": "dash", "_": "underscore", "+": "plus"}.get(sign)
    return words.get(f"said.{name}") if name else sign


def said_figures(text: str, words: Words) -> str:
    """A telephone number or code, sign by sign in groups of three: “+ 4 9, 1 7 1, 2 3 4”."""
    signs = [c for c in text.upper() if c.isalnum()]
    lead: list[str] = []
    if text.startswith("+"):
        lead = [f"{_sign('+', words)} {' '.join(signs[:2])}"]
        signs = signs[2:]
    groups = [signs[i : i + _GROUP] for i in range(0, len(signs), _GROUP)]
    # One sign alone at the end is easily missed.
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join([*lead, *(" ".join(group) for group in groups)])
