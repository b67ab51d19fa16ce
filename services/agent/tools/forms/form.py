"""A form of the character, as a call uses it. It stays as it was when the call began."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.kit.forms import naming
from services.kit.forms.answers import fields_of
from services.kit.forms.text import spelled

Field = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """definition: as it is stored, valid."""

    definition: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Identity, with hyphens."""
        return str(self.definition["id"])

    @property
    def title(self) -> str:
        """Heading."""
        return str(self.definition.get("title") or self.id)

    @property
    def tool_name(self) -> str:
        """Name of the function that opens it."""
        return naming.tool_name(self.id)

    @property
    def submit_url(self) -> str:
        """Address that takes the values; empty for managed storage."""
        return str(self.definition.get("submit_url") or "")

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields that have a value, by name, in order."""
        return {str(field["name"]): field for field in fields_of(self.definition)}

    @cached_property
    def steps(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(title, names of its fields) of each step; one step if the form has no steps."""
        steps = self.definition.get("steps") or ({"title": self.title, "fields": self.definition.get("fields")},)
        names = (tuple(str(field["name"]) for field in fields_of({"fields": step.get("fields")})) for step in steps)
        return tuple(zip((str(step.get("title") or "") for step in steps), names, strict=True))

    @cached_property
    def has_patterns(self) -> bool:
        """Whether the validation of values can take long."""
        return any(field.get("pattern") for field in self.fields.values())

    def step_of(self, name: str) -> int:
        """Index of the step that has a field."""
        return next((index for index, (_, names) in enumerate(self.steps) if name in names), 0)

    def defaults(self) -> dict[str, str]:
        """The values of a form that was opened blank: its defaults, or empty texts."""
        return {name: spelled(field.get("default_value")) for name, field in self.fields.items()}


def forms_of(definition: Mapping[str, Any]) -> list[Form]:
    """The forms of a character that are not disabled, in order."""
    stored: Iterable[Mapping[str, Any]] = (definition.get("widget_appearance") or {}).get("forms") or ()
    return [Form(form) for form in stored if not form.get("disabled")]
