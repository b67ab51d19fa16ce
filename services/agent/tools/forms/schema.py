"""The functions of forms as the model sees them: names, descriptions and arguments. Pure."""

from typing import Any

from services.agent.tools.forms.form import Field, Form
from services.agent.tools.forms.report import options_of
from services.kit.forms.answers import option_values, type_of
from services.kit.forms.naming import CLOSE, GO_TO_STEP, SET_VALUES, SUBMIT

_MAX_HINT_CHARACTERS = 200
# A select field with more options is described by its first ones only.
_MAX_LISTED = 100
# Models pass null for what they do not know.
_TYPES = {"number": ["string", "number", "null"], "checkbox": ["boolean", "string", "null"]}
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
_FORM_ID = {"type": "string", "description": "The form_id of a form that is open."}

# name → (description, properties besides form_id)
STEERING: dict[str, tuple[str, dict[str, Any]]] = {
    SET_VALUES: (
        "Sets values of an open form: new ones as soon as you hear them, and corrections. Returns what is filled and "
        "which field to ask for next. If it returns `read_back`, read those values back exactly so and ask whether "
        "they are right.",
        {
            "values": {
                "type": "object",
                "description": "Field name to value, as the visitor said it. null leaves an optional field blank.",
            }
        },
    ),
    GO_TO_STEP: (
        "Shows another step of an open form, forward or back.",
        {"step_index": {"type": "integer", "minimum": 0, "description": "0 is the first step."}},
    ),
    SUBMIT: (
        "Submits an open form. Call it when all required fields are filled and the visitor has said that it may be "
        "sent.",
        {},
    ),
    CLOSE: ("Closes an open form without submitting it, when the visitor wants to stop.", {}),
}


def opening_description(form: Form) -> str:
    """When to call the function of a form, and what it does."""
    return (
        f"Opens the form {_about(form)} for the visitor. Call it as soon as the visitor wants what the form is for. "
        "Pass only values that the visitor has said or that you know of the visitor; leave all others out, and never "
        "invent any. The visitor sees the form, or fills it with you by voice alone. Returns what is filled and which "
        "field to ask for next."
    )


def guided_description(form: Form) -> str:
    """When to call the function of a form whose values the guide asks for."""
    return f"Opens the form {_about(form)}. Call it at once when the visitor wants what the form is for."


def opening_schema(form: Form) -> dict[str, Any]:
    """The arguments of the function of a form: one for each field, all optional."""
    return {"type": "object", "properties": {name: _argument(field) for name, field in form.fields.items()}}


def steering_schema(name: str) -> dict[str, Any]:
    """The arguments of a function that steers an open form."""
    properties = STEERING[name][1]
    return {
        "type": "object",
        "properties": {"form_id": _FORM_ID, **properties},
        "required": ["form_id", *properties],
    }


def _about(form: Form) -> str:
    subtitle = str(form.definition.get("subtitle") or "")
    return f'"{form.title}: {subtitle}"' if subtitle else f'"{form.title}"'


def _argument(field: Field) -> dict[str, Any]:
    """The schema of a field's value. Words of the visitor are taken as well: they are understood later."""
    kind = type_of(field)
    parts = [str(field.get("label") or field["name"])[:_MAX_HINT_CHARACTERS]]
    if hint := field.get("help_text"):
        parts.append(str(hint)[:_MAX_HINT_CHARACTERS])
    if kind in ("date", "time"):
        parts.append({"date": "A date: 2026-01-31, or in words.", "time": "A time of day: 09:30, or in words."}[kind])
    bounds = [f"{name} {field[name]}" for name in ("min", "max") if field.get(name) is not None]
    if bounds:
        parts.append(f"({', '.join(bounds)}{'' if kind in ('number', 'date', 'time') else ' characters'})")
    if field.get("required"):
        parts.append("Required before it is submitted.")
    schema: dict[str, Any] = {"type": _TYPES.get(kind, ["string", "null"])}
    if kind in ("select", "radio"):
        options = field.get("options") or ()
        values = option_values(options)[:_MAX_LISTED]
        schema = {"anyOf": [{"type": "string", "enum": values}, {"type": ["string", "null"]}]}
        if (words := options_of(options)) != values[: len(words)]:
            parts.append(f"Options: {', '.join(words)}.")
    return {**schema, "description": " ".join(parts)}
