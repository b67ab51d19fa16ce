"""What is needed to understand a value, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Context:
    """Who speaks, and when.

    language: BCP-47 tag of the caller's language. now: the moment, aware, in the caller's time zone.
    """

    language: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Understood:
    """A value for a field, or the reason why there is none.

    value: fit for the field, None if there is none. problem: sentences for the model that say what would do; empty when
    understood. read_back: how the value is read back to the caller; empty when that is not needed.
    """

    value: str | None
    problem: str = ""
    read_back: str = ""


class NotUnderstoodError(Exception):
    """A text has no clear value. The message says to the model what would do."""
