"""Bodies of appearances and form responses (contract 4, 5, 14.6), for the OpenAPI document and for input."""

from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.kit.character_definition.appearance import (
    AppearanceOverrides,
    DimensionsOverrides,
    LabelsOverrides,
    LanguageEntry,
    LayoutOverrides,
    NoiseCancellationOverrides,
    ThemeOverrides,
)
from services.kit.forms.definition import FormDefinition, Topic

_SESSION = "sess_Zk3vQy0N8rT1mJ5sXw2eLb7u"
_VALUES: dict[str, Any] = {"first_name": "Alice", "email": "alice@acme.com", "consent": True}


def _without_defaults(schema: JsonDict) -> None:
    """An answer is always whole, so it has no defaults."""
    for field in cast("dict[str, JsonDict]", schema["properties"]).values():
        default = field.pop("default", None)
        if default not in (None, "", [], {}):
            field.setdefault("examples", [default])


_WHOLE = ConfigDict(json_schema_serialization_defaults_required=True, json_schema_extra=_without_defaults)


class Theme(ThemeOverrides):
    """CSS colours."""

    model_config = _WHOLE


class Dimensions(DimensionsOverrides):
    """CSS pixels."""

    model_config = _WHOLE


class Layout(LayoutOverrides):
    """Where the widget is placed."""

    model_config = _WHOLE


class Labels(LabelsOverrides):
    """Texts of the states of a call."""

    model_config = _WHOLE


class Language(LanguageEntry):
    """An entry of the language picker."""

    model_config = _WHOLE


class NoiseCancellation(NoiseCancellationOverrides):
    """The noise cancellation engines that are available, and the default."""

    model_config = _WHOLE


def _whole_but_fields_and_steps(schema: JsonDict) -> None:
    _without_defaults(schema)
    required = cast("list[str]", schema["required"])
    schema["required"] = [name for name in required if name not in ("fields", "steps")]


class Form(FormDefinition):
    """A form. Keys that were not set have their default; `fields` and `steps` are as they were set."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, json_schema_extra=_whole_but_fields_and_steps
    )

    confirmation_type: Topic = Field("", examples=["book-demo_submitted"])


class Appearance(AppearanceOverrides):
    """The complete appearance of a character: overrides merged over defaults."""

    model_config = _WHOLE

    theme: Theme
    dimensions: Dimensions
    layout: Layout
    labels: Labels
    languages: list[Language]  # type: ignore[assignment]  # documents an answer; nothing is assigned
    noise_cancellation: NoiseCancellation
    forms: list[Form] = Field(examples=[[]])  # type: ignore[assignment]  # documents an answer; nothing is assigned


class SubmitForm(BaseModel):
    """A form response to store. Other keys than these three are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"example": {"form_id": "book-demo", "session_id": _SESSION, "values": _VALUES}},
    )

    form_id: str = Field(max_length=200, description="Id of the form.")
    values: dict[str, Any] = Field(description="Values by field name; the fields of all steps are in one flat object.")
    session_id: str | None = Field(
        None, max_length=200, description="The call in which the caller filled in the form; of this character."
    )


class FormResponse(BaseModel):
    """A stored form response."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 17,
                "form_id": "book-demo",
                "session_id": _SESSION,
                "values": _VALUES,
                "created_at": "2026-01-31T09:30:00.000000Z",
            }
        }
    )

    id: int
    form_id: str
    session_id: str | None = Field(description="Null if it was not submitted in a call.")
    values: dict[str, Any] = Field(description="As sent, with defaults.")
    created_at: datetime
