"""One form while it is filled: its values, its step, and what became of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.agent.tools.forms.form import Form
from services.kit.forms.answers import judge
from services.kit.forms.text import spelled, trimmed

# A message of the page that was on its way when a value was set still has the earlier value.
_ON_ITS_WAY_SECONDS = 1.0


class Status(StrEnum):
    """What has become of a form that was opened."""

    OPEN = "open"
    CLOSED = "closed"
    SUBMITTED = "submitted"


@dataclass(frozen=True)
class Refusal:
    """Why a submission failed. code: for the history. errors: field name → what is wrong with its value."""

    code: str
    message: str
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Set:
    """A value that the agent set. earlier: the value before."""

    earlier: str
    at: float


@dataclass
class Filling:
    """A form from its opening on. Times are those of the event loop.

    number: counts the openings of the call. on_page: a page has shown the form. by_visitor: the visitor closed it.
    values: texts, as a page has them. declined: optional fields that the visitor does not want to fill.
    problems: what was said for a field and could not be understood. refusal: of the last submission.
    read_back: the value of a field that was last read back, with the number of the turn. confirmation: what the page
    said when it had submitted the form.
    """

    form: Form
    number: int
    opened_at: float
    status: Status = Status.OPEN
    changed_at: float = 0.0
    on_page: bool = False
    by_visitor: bool = False
    step: int = 0
    declined: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    confirmation: str = ""
    read_back: dict[str, tuple[str, int]] = field(default_factory=dict)
    _refused_values: dict[str, str] = field(default_factory=dict)
    _set: dict[str, _Set] = field(default_factory=dict)
    _stale: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = self.form.defaults()

    @property
    def is_open(self) -> bool:
        """Whether values can be set."""
        return self.status is Status.OPEN

    def end(self, status: Status, now: float) -> None:
        """Closes the form."""
        self.status, self.changed_at = status, now

    def set(self, name: str, value: object, now: float) -> None:
        """Sets the value of a known field."""
        text = spelled(value if isinstance(value, str | int | float) else None)
        self._set[name] = _Set(self.values[name], now)
        self.values[name] = text
        self.problems.pop(name, None)
        self.declined.discard(name)

    def decline(self, name: str, now: float) -> None:
        """Leaves a field blank because the visitor wants so."""
        self.set(name, "", now)
        self.declined.add(name)

    def shown(self, values: Mapping[str, Any], step: int, now: float) -> None:
        """Takes over what a page shows. Unknown names and values that are no scalars are left out."""
        self.on_page = True
        self.step = min(max(step, 0), len(self.form.steps) - 1)
        for name in self.form.fields:
            value = values.get(name)
            if name not in values or not (value is None or isinstance(value, str | int | float)):
                continue
            text = spelled(value)
            last = self._set.get(name)
            if last is not None and text == last.earlier and now - last.at < _ON_ITS_WAY_SECONDS:
                continue
            if text != self.values[name]:
                self.values[name] = text
                self.problems.pop(name, None)

    def told(self, name: str, turn: int) -> None:
        """Notes that the model was told to read the value of a field back."""
        if (before := self.read_back.get(name)) is not None and before[0] != self.values[name]:
            self._stale[name] = turn
        self.read_back[name] = (self.values[name], turn)

    def changed_since_read_back(self, turn: int) -> list[str]:
        """Fields with a new value since they were read back, where the visitor has not heard the new one.

        turn: the present one. What the visitor says in it confirms the earlier value.
        """
        return [name for name, changed_in in self._stale.items() if changed_in >= turn]

    def refused(self, refusal: Refusal) -> None:
        """Keeps why the last submission failed."""
        self.refusal = refusal
        self._refused_values = dict(self.values)

    def faults(self) -> dict[str, str]:
        """What is wrong with the values that there are, by field. Can take half a second if the form has patterns."""
        given = {name: value for name, value in self.values.items() if trimmed(value)}
        judged = judge({"fields": [self.form.fields[name] for name in given]}, given)
        found = {name: fault.message for name, fault in judged.faults.items()}
        if self.refusal is not None:
            for name, message in self.refusal.errors.items():
                if name in self.values and self.values[name] == self._refused_values.get(name):
                    found.setdefault(name, message)
        return found

    def missing(self) -> list[str]:
        """Required fields without a value."""
        return [
            name for name, each in self.form.fields.items() if each.get("required") and not trimmed(self.values[name])
        ]

    def blank(self) -> list[str]:
        """Optional fields without a value that the visitor has not declined."""
        return [
            name
            for name, each in self.form.fields.items()
            if not each.get("required") and not trimmed(self.values[name]) and name not in self.declined
        ]

    def to_store(self) -> dict[str, str]:
        """The values for managed storage: without blank ones, unless they replace a default."""
        return {
            name: value
            for name, value in self.values.items()
            if value or self.form.fields[name].get("default_value") is not None
        }
