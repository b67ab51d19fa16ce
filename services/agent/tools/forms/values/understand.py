"""The value of a field in what was given for it, by the field's type."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from services.agent.tools.forms.values.choices import choice_in, options_of
from services.agent.tools.forms.values.clock import part_of, time_in
from services.agent.tools.forms.values.codes import codes_in
from services.agent.tools.forms.values.consent import consent_in
from services.agent.tools.forms.values.dates import date_in, without_dates
from services.agent.tools.forms.values.emails import email_in
from services.agent.tools.forms.values.figures import MAX_SPOKEN_CHARACTERS, with_figures
from services.agent.tools.forms.values.numbers import number_in
from services.agent.tools.forms.values.phones import phone_in
from services.agent.tools.forms.values.result import Context, NotUnderstoodError, Understood
from services.agent.tools.forms.values.said import said_date, said_email, said_figures, said_time
from services.agent.tools.forms.values.words import Words, words_of
from services.kit.forms.answers import MAX_VALUE_CHARACTERS, judge, type_of
from services.kit.forms.text import date_of, spelled, time_of, trimmed

_NAME = "value"
_CLEAN = {
    "date": "Pass it as a date such as 2026-01-31.",
    "time": "Pass it as a time of day such as 09:30.",
    "number": "Pass it in figures, such as 20.",
    "checkbox": "Pass true or false.",
    "email": "Pass it as name@example.com.",
    "tel": "Pass it in figures, such as +49 30 1234567.",
}
_EMPTY = "Nothing was given for this field. Ask the caller for it."
_TEXTS = frozenset({"text", "textarea"})
_Reader = Callable[[Mapping[str, Any], str, Words, Context], str]


def understood(field: Mapping[str, Any], given: object, context: Context) -> Understood:
    """Understands a value that the model passes for a field: the caller's words, or the value itself.

    field: as in the form's stored definition.
    """
    if given is not None and not isinstance(given, str | int | float):
        return Understood(None, "This must be one text, number, true or false. Pass what the caller said.")
    text = trimmed(spelled(given))
    if not text:
        return Understood(None, _EMPTY)
    kind = type_of(field)
    if kind == "display":
        return Understood(None, "This field has no value. Leave it out.")
    words = words_of(context.language)
    try:
        return accepted(field, _value(field, kind, text, words, context), words)
    except NotUnderstoodError as fault:
        return Understood(None, str(fault))


def accepted(field: Mapping[str, Any], value: str, words: Words | None) -> Understood:
    """A value that the server takes, with how it is read back. Raises: NotUnderstoodError."""
    if fault := fault_of(field, value):
        raise NotUnderstoodError(f"The value {fault}. Tell the caller, and ask for another one.")
    return Understood(value, read_back=_read_back(field, value, words) if words else "")


def fault_of(field: Mapping[str, Any], value: str) -> str:
    """What the server would object to, as words that follow “the value”; empty if nothing."""
    fault = judge({"fields": [{**field, "name": _NAME}]}, {_NAME: value}).faults.get(_NAME)
    return fault.message if fault else ""


def _value(field: Mapping[str, Any], kind: str, text: str, words: Words | None, context: Context) -> str:
    if len(text) > MAX_SPOKEN_CHARACTERS and kind not in _TEXTS:
        raise NotUnderstoodError("This is too long for this field. Pass only what the caller said for it.")
    if kind in ("select", "radio"):
        return choice_in(text, options_of(field.get("options") or ()), words).value
    if kind in _TEXTS or kind not in _READERS:
        return _text(field, text, words)
    if kind in ("date", "time", "number", "checkbox") and not _type_fault(kind, text) and not _is_grouped(text, words):
        return text
    if words is None:
        if kind in ("email", "tel") and not fault_of(field, text):
            return text
        raise NotUnderstoodError(_CLEAN[kind])
    return _READERS[kind](field, text, words, context)


def _is_grouped(text: str, words: Words | None) -> bool:
    """Whether a number has separators between its thousands, which the server would read as a decimal point."""
    return bool(words and words.get("numbers.grouping") == "." and re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", text))


def _type_fault(kind: str, text: str) -> str:
    return fault_of({"type": kind}, text)


def _text(field: Mapping[str, Any], text: str, words: Words | None) -> str:
    """Free text as it is; with a pattern that it does not match, the code that it spells."""
    if len(text) > MAX_VALUE_CHARACTERS:
        raise NotUnderstoodError("This is too long for this field. Shorten it.")
    text = "".join(c for c in text if c.isprintable() or c in "\n\t")
    if field.get("pattern") and words and len(text) <= MAX_SPOKEN_CHARACTERS and fault_of(field, text):
        for code in codes_in(text, words):
            if not fault_of(field, code):
                return code
    return text


def _date(field: Mapping[str, Any], text: str, words: Words, context: Context) -> str:
    low, high = _bound(field, "min", date_of), _bound(field, "max", date_of)

    def fits(day: date) -> bool:
        return (low is None or day >= low) and (high is None or day <= high)

    if stamp := re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:\d\d)?", text):
        text = stamp[1]
    return date_in(with_figures(text, words), words, context.now.date(), fits).isoformat()


def _time(field: Mapping[str, Any], text: str, words: Words, context: Context) -> str:
    low, high = _bound(field, "min", time_of), _bound(field, "max", time_of)

    def fits(moment: time) -> bool:
        return (low is None or moment >= low) and (high is None or moment <= high)

    if stamp := re.fullmatch(r"\d{4}-\d\d-\d\d[T ](\d\d:\d\d)[\d:.]*(?:Z|[+-]\d\d:\d\d)?", text):
        text = stamp[1]
    spoken = with_figures(text, words)
    part = part_of(spoken, words)
    return time_in(without_dates(spoken, words, context.now.date()), words, part, fits).strftime("%H:%M")


def _bound(field: Mapping[str, Any], name: str, read: Callable[[str], Any]) -> Any:
    return read(str(field[name])) if field.get(name) is not None else None


_READERS: dict[str, _Reader] = {
    "date": _date,
    "time": _time,
    "number": lambda field, text, words, context: number_in(with_figures(text, words), words),
    "checkbox": lambda field, text, words, context: "true" if consent_in(with_figures(text, words), words) else "false",
    "email": lambda field, text, words, context: email_in(text, words),
    "tel": lambda field, text, words, context: phone_in(text, words),
}


def _read_back(field: Mapping[str, Any], value: str, words: Words) -> str:
    kind = type_of(field)
    if kind == "date" and (day := date_of(value)):
        return said_date(day, words)
    if kind == "time" and (moment := time_of(value)):
        return said_time(moment, words)
    if kind == "email":
        return said_email(value, words)
    if kind == "tel" or (kind in _TEXTS and field.get("pattern") and any(c.isdigit() for c in value)):
        return said_figures(value, words)
    return ""
