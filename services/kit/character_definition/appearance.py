"""Overrides of the widget's appearance (contract 4, 14.10 and 14.11), kept as they were sent.

The defaults of the fields are the default appearance.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema
from tinycss2.color5 import parse_color

from services.kit.character_definition.field_types import ShortText, has_only_url_characters, is_web_url
from services.kit.definition_model import DefinitionModel, SchemaKeywords, optional_fields_take_null
from services.kit.forms import naming
from services.kit.forms.definition import FormDefinition
from services.kit.languages import LanguageTag

Engine = Literal["off", "browser", "rnnoise", "server"]
_DAY_SECONDS = 24 * 3600
_COLOUR = re.compile(r"[#A-Za-z0-9 .,%()/+-]{1,200}")


def _colour(text: str) -> str:
    # The parser accepts open brackets and escapes, but other programs get the text as it stands.
    is_plain = _COLOUR.fullmatch(text) and text.count("(") == text.count(")")
    if not is_plain or parse_color(text) is None:
        raise ValueError('must be a CSS colour such as "#6366F1", "rgb(99 102 241)" or "indigo"')
    return text


def _address(url: str) -> str:
    is_path = url.startswith("/") and not url.startswith("//") and has_only_url_characters(url)
    if url and not is_path and not is_web_url(url):
        raise ValueError('must be a URL such as "https://acme.com/logo.png", a path such as "/logo.png", or empty')
    return url


def _font(family: str) -> str:
    if any(character in ";{}<>\\@" for character in family) or not family.isprintable():
        raise ValueError('must be a CSS font family such as "Inter, sans-serif"')
    return family


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`. A whole number stays one, which `float` would not do."""

    low: int
    high: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema by which pydantic validates."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema in the OpenAPI document."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    def _check(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise ValueError(f"must be a number from {self.low} to {self.high}")
        return value


def _defaults_are_examples(schema: JsonDict) -> None:
    """Shows the defaults as examples: a generated client would send a default, and so make an override of it."""
    for field in cast("dict[str, JsonDict]", schema.get("properties", {})).values():
        default = field.pop("default", None)
        if default is not None and not isinstance(default, dict):
            field.setdefault("examples", [default])
    optional_fields_take_null(schema)


Colour = Annotated[str, AfterValidator(_colour), SchemaKeywords({"minLength": 1, "maxLength": 200})]
Address = Annotated[str, Field(max_length=2048), AfterValidator(_address)]
Label = Annotated[str, Field(max_length=500)]


class _Overrides(DefinitionModel):
    model_config = ConfigDict(json_schema_extra=_defaults_are_examples)


class ThemeOverrides(_Overrides):
    """CSS colours."""

    primary_color: Colour = Field("#6366F1", description="Buttons, floating button, accents.")
    accent_color: Colour = Field("#22D3EE", description="Loading rings, highlights.")
    background_color: Colour = Field("#FFFFFF", description="Panel.")
    text_color: Colour = "#0F172A"
    user_bubble_color: Colour = "#6366F1"
    user_bubble_text_color: Colour = "#FFFFFF"
    agent_bubble_color: Colour = "#F1F5F9"
    agent_bubble_text_color: Colour = "#0F172A"


class DimensionsOverrides(_Overrides):
    """CSS pixels."""

    fab_size: Annotated[Any, Between(16, 400)] = 64
    panel_width: Annotated[Any, Between(100, 4000)] = 380
    panel_height: Annotated[Any, Between(100, 4000)] = 620
    border_radius: Annotated[Any, Between(0, 1000)] = 24


class LayoutOverrides(_Overrides):
    """Where the widget stands on the page."""

    position: Literal["bottom-right", "bottom-left", "top-right", "top-left"] = "bottom-right"
    font_family: Annotated[str, Field(max_length=200), AfterValidator(_font)] = Field(
        "", description="Empty for the page's own.", examples=["Inter, sans-serif"]
    )


class LabelsOverrides(_Overrides):
    """Texts of the states of a call."""

    idle: Label = "Idle"
    connecting: Label = "Connecting…"
    listening: Label = "Listening"
    speaking: Label = "Speaking…"
    muted: Label = "Microphone muted"
    call_ended: Label = "Call ended"
    transcript_placeholder: Label = "Your conversation will appear here"
    language_label: Label = "Language"


class LanguageEntry(_Overrides):
    """An entry of the language picker."""

    code: LanguageTag = Field(description="BCP-47 tag.", examples=["en"])
    label: ShortText = Field("", examples=["English"])
    native_label: ShortText = Field("", examples=["English"])


class NoiseCancellationOverrides(_Overrides):
    """Which noise cancellation there is, and which is on (contract 14.10)."""

    default: Engine = "server"
    engines: Annotated[list[Engine], Field(min_length=1, max_length=4)] = Field(
        ["off", "browser", "rnnoise", "server"], description="What the caller may choose from; each once."
    )
    level: Annotated[Any, Between(0, 100)] = Field(100, description="Attenuation limit of `server` in dB.")
    user_selectable: bool = Field(True, description="Whether the caller may choose.")
    model_url: Address | None = Field(
        None, description="Where `rnnoise` is loaded from; null for the bundled.", examples=[None]
    )

    @model_validator(mode="after")
    def _default_is_an_engine(self) -> Self:
        if len(set(self.engines)) < len(self.engines):
            raise _faults([("names an engine twice", ("engines",))])
        if self.default not in self.engines:
            raise _faults([("must be one of the engines", ("default",))])
        return self


def _unique(fault: str, key: Callable[[Any], str], field: str) -> AfterValidator:
    """Refuses a list in which two entries have the same key, at the later entry."""

    def check(entries: list[Any]) -> list[Any]:
        seen: set[str] = set()
        found: list[tuple[str, tuple[str | int, ...]]] = []
        for index, entry in enumerate(entries):
            if key(entry) in seen:
                found.append((fault, (index, field)))
            seen.add(key(entry))
        if found:
            raise _faults(found)
        return entries

    return AfterValidator(check)


class AppearanceOverrides(_Overrides):
    """What differs from the default look and behaviour of the widget."""

    name: ShortText = "Voice Assistant"
    subtitle: ShortText = ""
    logo_url: Address = ""
    fab_label: ShortText = ""
    fab_sublabel: ShortText = ""
    start_button_text: ShortText = "Start Call"
    powered_by_text: ShortText = "Powered by Callbox"
    powered_by_url: Address = ""
    theme: ThemeOverrides = Field(default_factory=ThemeOverrides)
    dimensions: DimensionsOverrides = Field(default_factory=DimensionsOverrides)
    layout: LayoutOverrides = Field(default_factory=LayoutOverrides)
    labels: LabelsOverrides = Field(default_factory=LabelsOverrides)
    languages: Annotated[
        list[LanguageEntry],
        Field(max_length=200),
        _unique("is listed already", lambda language: str(language.code).lower(), "code"),
    ] = Field(
        default_factory=lambda: [LanguageEntry(code="en", label="English", native_label="English")],
        description="Entries of the language picker, each language once.",
    )
    default_language: LanguageTag = "en"
    max_call_seconds: Annotated[int, Field(ge=0, le=_DAY_SECONDS)] = Field(0, description="0 for no limit.")
    terms_url: Address = Field("", description="Empty for no consent step.")
    terms_label: ShortText = "Terms & Conditions"
    consent_text: Annotated[str, Field(max_length=2000)] = "By starting the call you agree to our"
    show_audio_settings: bool = True
    noise_cancellation: NoiseCancellationOverrides = Field(default_factory=NoiseCancellationOverrides)
    forms: Annotated[
        list[FormDefinition],
        Field(max_length=50),
        _unique(
            "makes the same tool as another form; ids must differ in more than - and _",
            lambda form: naming.tool_name(form.id),
            "id",
        ),
    ] = Field([], description="Forms that the agent can open.", examples=[[]])


def _faults(found: list[tuple[str, tuple[str | int, ...]]]) -> ValidationError:
    return ValidationError.from_exception_data(
        "appearance",
        [
            InitErrorDetails(
                type=PydanticCustomError("appearance", "{sentence}", {"sentence": sentence}), loc=path, input=None
            )
            for sentence, path in found
        ],
    )
