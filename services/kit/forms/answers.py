"""Validates the values that are submitted to a form."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

from services.kit.forms.text import date_of, is_email, number_of, spelled, time_of, trimmed
from services.kit.patterns import MAX_TEXT_CHARACTERS, PatternError, TooSlowError, matches

MAX_VALUE_CHARACTERS = 10_000
MAX_VALUES_BYTES = 131_072
_MAX_FAULTS = 50
# Processor time of all patterns of one answer together.
_PATTERN_SECONDS = 0.5
_TEXTS = frozenset({"text", "email", "tel", "textarea"})
_CHOICES = frozenset({"select", "radio"})
_SHOWN_CHARACTERS = 100


class Rule(StrEnum):
    """The rule that a value breaks."""

    UNKNOWN = "unknown"
    REQUIRED = "required"
    TYPE = "type"
    OPTION = "option"
    EMAIL = "email"
    PATTERN = "pattern"
    MIN = "min"
    MAX = "max"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one value. message: a sentence that follows the field's name."""

    rule: Rule
    message: str


@dataclass(frozen=True, slots=True)
class Judged:
    """values: to be stored, defaults included. faults: by field name."""

    values: dict[str, Any]
    faults: dict[str, Fault]

    def errors(self) -> dict[str, list[str]]:
        """The faults by path in the request: `values.<field>`."""
        return {f"values.{name[:_SHOWN_CHARACTERS]}": [fault.message] for name, fault in self.faults.items()}


def type_of(field: Mapping[str, Any]) -> str:
    """The type of a field."""
    return str(field.get("type") or "text")


def fields_of(form: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The fields of a form that have a value, in order: those of its steps, or its own where it has none."""
    steps = form.get("steps") or ()
    fields: Iterable[Mapping[str, Any]] = (
        (field for step in steps for field in step.get("fields") or ()) if steps else form.get("fields") or ()
    )
    return [field for field in fields if field.get("type") != "display" and field.get("name")]


def judge(form: Mapping[str, Any], values: Mapping[str, Any]) -> Judged:
    """Validates values by a stored form, and adds the default of every field that has no value.

    A value is a JSON scalar. It is checked in its form as text and stored as it was sent. Each field reports its first
    fault, in this order: required, type, options, e-mail address, `pattern`, `min`, `max`.
    """
    fields = {str(field["name"]): field for field in fields_of(form)}
    faults = {
        name: Fault(Rule.UNKNOWN, "is not a field of this form; leave it out") for name in values if name not in fields
    }
    stored: dict[str, Any] = {}
    deadline = time.thread_time() + _PATTERN_SECONDS
    for name, field in fields.items():
        value = values[name] if name in values else field.get("default_value")
        if value is not None or name in values:
            stored[name] = value
        if fault := _fault(field, value, deadline):
            faults[name] = fault
    return Judged(stored, dict(list(faults.items())[:_MAX_FAULTS]))


def _fault(field: Mapping[str, Any], value: Any, deadline: float) -> Fault | None:
    kind = type_of(field)
    if not (value is None or isinstance(value, str | int | float)) or (
        isinstance(value, float) and not isfinite(value)
    ):
        return Fault(Rule.TYPE, "must be a string, a number, true, false or null")
    text = spelled(value)
    if len(text) > MAX_VALUE_CHARACTERS:
        return Fault(Rule.TOO_LONG, f"must be at most {MAX_VALUE_CHARACTERS:,} characters")
    if "\0" in text:
        return Fault(Rule.TYPE, "must not have the character NUL")
    if not trimmed(text):
        return Fault(Rule.REQUIRED, "is required") if field.get("required") else None
    return (
        _type_fault(field, kind, text)
        or _pattern_fault(field, text, deadline)
        or _bound_fault(field, kind, text, Rule.MIN)
        or _bound_fault(field, kind, text, Rule.MAX)
    )


def _type_fault(field: Mapping[str, Any], kind: str, text: str) -> Fault | None:
    if kind == "checkbox":
        if text not in ("true", "false"):
            return Fault(Rule.TYPE, "must be true or false")
        if field.get("required") and text == "false":
            return Fault(Rule.REQUIRED, "must be true")
    elif kind == "number" and number_of(text) is None:
        return Fault(Rule.TYPE, "must be a number")
    elif kind == "date" and date_of(text) is None:
        return Fault(Rule.TYPE, "must be a date such as 2026-01-31")
    elif kind == "time" and time_of(text) is None:
        return Fault(Rule.TYPE, "must be a time of day such as 09:30")
    elif kind in _CHOICES and text not in option_values(field.get("options") or ()):
        return Fault(Rule.OPTION, "must be one of the options")
    elif kind == "email" and not is_email(text):
        return Fault(Rule.EMAIL, "must be an e-mail address such as name@example.com")
    return None


def _pattern_fault(field: Mapping[str, Any], text: str, deadline: float) -> Fault | None:
    pattern = field.get("pattern")
    if not pattern:
        return None
    if len(text) > MAX_TEXT_CHARACTERS:
        return Fault(Rule.TOO_LONG, f"must be at most {MAX_TEXT_CHARACTERS:,} characters")
    try:
        left = deadline - time.thread_time()
        if left <= 0:
            raise TooSlowError
        return None if matches(pattern, text, min(left, 0.1)) else Fault(Rule.PATTERN, "has the wrong form")
    except PatternError:
        return None
    except TooSlowError:
        return Fault(Rule.PATTERN, "takes too long to be checked; shorten it")


def _bound_fault(field: Mapping[str, Any], kind: str, text: str, rule: Rule) -> Fault | None:
    bound = field.get(rule)
    if bound is None:
        return None
    if kind in _TEXTS:
        measure: Any = len(text)
        words = "must have at least {} characters" if rule is Rule.MIN else "must have at most {} characters"
    elif kind == "number":
        measure, words = number_of(text), "must be at least {}" if rule is Rule.MIN else "must be at most {}"
    elif kind in ("date", "time"):
        read = date_of if kind == "date" else time_of
        measure, limit = read(text), read(str(bound))
        if limit is None:
            return None
        wrong = measure < limit if rule is Rule.MIN else measure > limit
        words = "must not be before {}" if rule is Rule.MIN else "must not be after {}"
        return Fault(rule, words.format(bound)) if wrong else None
    else:
        return None
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return None
    wrong = measure < bound if rule is Rule.MIN else measure > bound
    return Fault(rule, words.format(spelled(bound))) if wrong else None


def option_values(options: Sequence[Any]) -> list[str]:
    """The values of options, given as texts or as `{value, label}`."""
    return [str(option.get("value", "")) if isinstance(option, Mapping) else str(option) for option in options]
