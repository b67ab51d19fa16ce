"""Definitions of forms (contract 5.1 to 5.3): the models that validate them on write, and their defaults."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from services.kit.definition_model import DefinitionModel, SchemaKeywords
from services.kit.forms import naming
from services.kit.forms.answers import judge as judge_answer
from services.kit.forms.answers import option_values
from services.kit.forms.text import date_of, time_of
from services.kit.one_line import is_one_line
from services.kit.patterns import judge

MAX_FIELDS = 200
_MAX_STEPS = 50
_MAX_OPTIONS = 500
_MAX_NAME_CHARACTERS = 100
# Steps of `judge` that all patterns of one definition may take together: a few seconds.
_MAX_PATTERN_WORK = 3_000_000

_CHOICES = ("select", "radio")
_MAX_OPTION_CHARACTERS = 200
_BOTH = ("min", "max")
# The name under which the default of one field is judged.
_ANY_NAME = "value"


def _number(bound: Any) -> float | None:
    return bound if isinstance(bound, int | float) and not isinstance(bound, bool) else None


def _date(bound: Any) -> date | None:
    return date_of(bound) if isinstance(bound, str) else None


def _time(bound: Any) -> time | None:
    return time_of(bound) if isinstance(bound, str) else None


# How `min` and `max` are read, and what they must be.
_BOUNDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "date": (_date, 'a date such as "2026-01-31"'),
    "time": (_time, 'a time of day such as "09:30"'),
}

Line = Annotated[str, Field(max_length=200)]
Note = Annotated[str, Field(max_length=1000)]


def _printable(text: str) -> str:
    if not text.strip() or not is_one_line(text):
        raise ValueError("must have 1 to 100 printable characters")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _submit_url(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        absolute = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        raise ValueError("is not a URL") from None
    relative = not parts.scheme and not parts.netloc and "\\" not in url and not url.startswith("//")
    if not (absolute or relative) or not url.isprintable() or " " in url:
        raise ValueError('must be a URL such as "https://acme.com/leads", or a path such as "/leads"')
    return url


Topic = Annotated[str, Field(max_length=100), AfterValidator(_printable), SchemaKeywords({"minLength": 1})]


class FormField(DefinitionModel):
    """One field of a form."""

    type: Literal[
        "text", "email", "tel", "textarea", "select", "number", "date", "time", "checkbox", "radio", "display"
    ] = "text"
    name: Annotated[str, Field(max_length=_MAX_NAME_CHARACTERS)] = Field(
        "", description="The value is submitted under it; needed but for `display`.", examples=["email"]
    )
    label: Annotated[str, Field(max_length=2000)] = Field(
        "", description="What stands beside the field.", examples=["Your e-mail address"]
    )
    required: bool = False
    placeholder: Note = Field("", examples=["name@example.com"])
    options: Annotated[list[Any], Field(max_length=_MAX_OPTIONS)] = Field(
        [],
        description=(
            "What a select or radio field offers: texts, or objects with `value` and `label`, each of at most "
            f"{_MAX_OPTION_CHARACTERS} characters."
        ),
        examples=[["Mornings", {"value": "pm", "label": "Afternoons"}]],
    )
    rows: Annotated[float, Field(ge=1, le=100)] | None = Field(None, description="Height of a textarea.")
    default_value: Any = Field(None, description="A string, a number, true or false.")
    help_text: Note = Field("", examples=["We answer within a day."])
    pattern: str = Field(
        "", description="ECMA-262 regular expression that the value must match.", examples=["^[0-9]{5}$"]
    )
    min: Any = Field(None, description="Least length of a text, least number, first date or first time.")
    max: Any = Field(None, description="Greatest length of a text, greatest number, last date or last time.")
    width: Literal["full", "half"] = Field("full", description="In a grid.")

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        faults = _Faults()
        self._judge_options(faults)
        if self.type != "display":
            if not self.name.strip() or not is_one_line(self.name) or self.name == "__proto__":
                faults.add("must have 1 to 100 printable characters; the value is submitted under it", "name")
            self._judge_bounds(faults)
            self._judge_default(faults)
            if self.pattern:
                judgement = judge(self.pattern)
                for fault in judgement.faults:
                    faults.add(fault, "pattern")
                if isinstance(info.context, PatternBudget) and not info.context.spend(self.pattern, judgement.work):
                    faults.add("is one of too many complex patterns; simplify them", "pattern")
        faults.raise_any()
        return self

    def _judge_options(self, faults: "_Faults") -> None:
        for index, option in enumerate(self.options):
            value, label = (option.get("value"), option.get("label")) if isinstance(option, dict) else (option, None)
            shown = "" if label is None else label
            for text, path in ((value, ("value",) if isinstance(option, dict) else ()), (shown, ("label",))):
                if not isinstance(text, str) or len(text) > _MAX_OPTION_CHARACTERS:
                    faults.add(
                        f"must be a string of at most {_MAX_OPTION_CHARACTERS} characters", "options", index, *path
                    )
        if self.type not in _CHOICES:
            return
        if not self.options:
            faults.add(f"must have at least one option, for a {self.type} field to offer", "options")
        for value, count in Counter(option_values(self.options)).items():
            if count > 1:
                faults.add(f"has the value {value[:100]!r} more than once", "options")

    def _judge_bounds(self, faults: "_Faults") -> None:
        read, what = _BOUNDS.get(self.type, (_number, "a number"))
        bounds = {name: bound for name, bound in (("min", self.min), ("max", self.max)) if bound is not None}
        wrong = [name for name, bound in bounds.items() if read(bound) is None]
        for name in wrong:
            faults.add(f"must be {what}", name)
        if not wrong and len(bounds) == len(_BOTH) and read(self.min) > read(self.max):
            faults.add("must not be less than min", "max")

    def _judge_default(self, faults: "_Faults") -> None:
        if self.default_value is None:
            return
        if not isinstance(self.default_value, str | int | float):
            faults.add("must be a string, a number, true or false", "default_value")
        elif fault := judge_answer({"fields": [self._bare()]}, {_ANY_NAME: self.default_value}).faults.get(_ANY_NAME):
            faults.add(fault.message, "default_value")

    def _bare(self) -> dict[str, Any]:
        """The field reduced to its type and options, so that a default may still be incomplete."""
        return {"name": _ANY_NAME, "type": "text" if self.type == "email" else self.type, "options": self.options}


class FormStep(DefinitionModel):
    """One page of a form that has several."""

    id: Line = Field("", examples=["contact"])
    title: Line = Field("", examples=["How to reach you"])
    fields: Annotated[list[FormField], Field(min_length=1, max_length=MAX_FIELDS)] = Field(
        examples=[[{"name": "email", "type": "email", "required": True}]]
    )


class FormLayout(DefinitionModel):
    """How the fields are laid out."""

    field_layout: Literal["stack", "grid"] = "stack"


class FormDefinition(DefinitionModel):
    """A form that the agent can open."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(examples=["book-demo"])
    title: Annotated[Line, AfterValidator(_not_blank)] = Field(examples=["Book a demo"])
    subtitle: Note = ""
    fields: Annotated[list[FormField], Field(max_length=MAX_FIELDS)] = Field(
        [],
        description="Passed over where there are steps.",
        examples=[[{"name": "email", "type": "email", "required": True}]],
    )
    steps: Annotated[list[FormStep], Field(max_length=_MAX_STEPS)] = Field([], examples=[[]])
    submit_url: Annotated[str, Field(max_length=2048), AfterValidator(_submit_url)] | None = Field(
        None, description="Where values go; null for form-responses.", examples=[None]
    )
    submit_method: Literal["POST", "PUT", "PATCH"] = "POST"
    submit_label: Line = Field("Submit", examples=["Submit"])
    success_message: Note = ""
    disabled: bool = Field(False, description="A disabled form cannot be opened.")
    topics: Annotated[list[Topic], Field(max_length=20)] = Field(
        [], description="Further data topics that open it.", examples=[["demo.open"]]
    )
    event_types: Annotated[list[Topic], Field(max_length=20)] = Field(
        [], description="Further `type`s of the legacy message that opens it.", examples=[["show_demo_form"]]
    )
    confirmation_topic: Topic = Field(
        naming.CONFIRMATION_TOPIC,
        description="Data topic on which a submitted form is confirmed.",
        examples=[naming.CONFIRMATION_TOPIC],
    )
    confirmation_type: Topic | None = Field(
        None,
        description="`type` of the confirmation; null for the form's id with `_submitted`.",
        examples=["book-demo_submitted"],
    )
    layout: FormLayout = Field(default_factory=FormLayout)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = _Faults()
        if not self.fields and not self.steps:
            faults.add("must have at least one field, here or in steps", "fields")
        used: list[tuple[tuple[str | int, ...], FormField]] = [
            (("steps", step_index, "fields", index), field)
            for step_index, step in enumerate(self.steps)
            for index, field in enumerate(step.fields)
        ] or [(("fields", index), field) for index, field in enumerate(self.fields)]
        if len(used) > MAX_FIELDS:
            faults.add(f"must have at most {MAX_FIELDS} fields in all", "steps")
        seen: set[str] = set()
        for path, field in used:
            if field.type == "display":
                continue
            if field.name in seen:
                faults.add(f"is the name of another field of this form: {field.name}", *path, "name")
            seen.add(field.name)
        steps: set[str] = set()
        for index, step in enumerate(self.steps):
            if step.id and step.id in steps:
                faults.add("is the id of another step of this form", "steps", index, "id")
            steps.add(step.id)
        faults.raise_any()
        return self


class PatternBudget:
    """Limits the work of judging all patterns of one definition. Handed over as the context of its validation."""

    def __init__(self, work: int = _MAX_PATTERN_WORK) -> None:
        self._left = work
        self._judged: set[str] = set()

    def spend(self, pattern: str, work: int) -> bool:
        """Takes the work of a pattern from the budget; False when the budget is used up. Repeated patterns are free."""
        if pattern not in self._judged:
            self._judged.add(pattern)
            self._left -= work
        return self._left >= 0


def completed(form: Mapping[str, Any]) -> dict[str, Any]:
    """A stored form with defaults for its own keys that are not set (5.1). Fields and steps stay as they are."""
    given = {name: value for name, value in form.items() if value is not None}
    defaults: dict[str, Any] = {
        "subtitle": "",
        "submit_url": None,
        "submit_method": "POST",
        "submit_label": "Submit",
        "success_message": "",
        "disabled": False,
        "topics": [],
        "event_types": [],
        "confirmation_topic": naming.CONFIRMATION_TOPIC,
        "confirmation_type": naming.confirmation_type(form),
    }
    return {**defaults, **given, "layout": {"field_layout": "stack", **(given.get("layout") or {})}}


class _Faults:
    """Collects faults of an object with their paths, and raises them together."""

    def __init__(self) -> None:
        self._found: list[InitErrorDetails] = []

    def add(self, sentence: str, *path: str | int) -> None:
        error = PydanticCustomError("form", "{sentence}", {"sentence": sentence})
        self._found.append(InitErrorDetails(type=error, loc=path, input=None))

    def raise_any(self) -> None:
        if self._found:
            raise ValidationError.from_exception_data("form", self._found)
