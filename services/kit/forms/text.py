"""Parses text and numbers as a browser does, so that page and server agree."""

import math
import re
from datetime import date, time
from decimal import Decimal

# ECMA-262 WhiteSpace and LineTerminator, which `String.prototype.trim` removes and `\s` matches.
BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f"
    "\u3000\ufeff"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?\Z")
_EXPONENT = re.compile(r"e([+-])0*")
_MAX_NUMBER_CHARACTERS = 400


def trimmed(text: str) -> str:
    """The text without blanks at its ends."""
    return text.strip(BLANKS)


def spelled(value: str | float | bool | None) -> str:
    """A JSON scalar as text: as `String(value)` in JavaScript, and nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (abs(value) < 1e21 and value == int(value)):
        return str(int(value))
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f")
    return _EXPONENT.sub(r"e\1", repr(value))


def number_of(text: str) -> float | None:
    """The finite decimal number in a text, None when it is none."""
    digits = trimmed(text)
    if len(digits) > _MAX_NUMBER_CHARACTERS or not _NUMBER.match(digits):
        return None
    number = float(digits)
    return number if math.isfinite(number) else None


def date_of(text: str) -> date | None:
    """The date `YYYY-MM-DD` in a text, None when it is none."""
    try:
        return date.fromisoformat(text) if _DATE.match(text) else None
    except ValueError:
        return None


def time_of(text: str) -> time | None:
    """The time of day `HH:MM`, `HH:MM:SS` or `HH:MM:SS.sss` in a text, None when it is none."""
    if not _TIME.match(text):
        return None
    clock, _, fraction = text.partition(".")
    try:
        moment = time.fromisoformat(clock)
    except ValueError:
        return None
    return moment.replace(microsecond=int(fraction.ljust(3, "0")) * 1000) if fraction else moment


def is_email(text: str) -> bool:
    """Something, `@`, something, `.`, something, without blanks or a second `@`: `^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$`."""
    name, _, host = text.partition("@")
    return bool(name) and "." in host[1:-1] and "@" not in host and not any(blank in text for blank in BLANKS)
