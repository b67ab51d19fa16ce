"""A character's overrides over the default appearance (contract 4, 14.10 and 14.11), kept as they were sent.

The defaults stand in `DEFAULTS`; the models below say what an override may be.
"""

# ruff: noqa: RUF012 - pydantic copies a default that can change

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from tinycss2.color5 import parse_color

from services.characters.definition.field_types import Short, is_url_text, is_web_url
from services.kit.definition_part import Part
from services.kit.forms import naming
from services.kit.forms.definition import FormDefinition, completed
from services.kit.languages import LanguageTag

_DAY_SECONDS = 24 * 3600
_COLOUR = re.compile(r"[#A-Za-z0-9 .,%()/+-]{1,200}")
_NOISE_CANCELLATION = ("off", "browser", "rnnoise", "server")

# Every documented key in the order of the documents; what is not documented there is 14.10 and 14.11.
DEFAULTS: dict[str, Any] = {
    "name": "Voice Assistant",
    "subtitle": "",
    "logo_url": "",
    "fab_label": "",
    "fab_sublabel": "",
    "start_button_text": "Start Call",
    "powered_by_text": "Powered by Callbox",
    "powered_by_url": "",
    "theme": {
        "primary_color": "#6366F1",
        "accent_color": "#22D3EE",
        "background_color": "#FFFFFF",
        "text_color": "#0F172A",
        "user_bubble_color": "#6366F1",
        "user_bubble_text_color": "#FFFFFF",
        "agent_bubble_color": "#F1F5F9",
        "agent_bubble_text_color": "#0F172A",
    },
    "dimensions": {"fab_size": 64, "panel_width": 380, "panel_height": 620, "border_radius": 24},
    "layout": {"position": "bottom-right", "font_family": ""},
    "labels": {
        "idle": "Idle",
        "connecting": "Connecting…",
        "listening": "Listening",
        "speaking": "Speaking…",
        "muted": "Microphone muted",
        "call_ended": "Call ended",
        "transcript_placeholder": "Your conversation will appear here",
        "language_label": "Language",
    },
    "languages": [{"code": "en", "label": "English", "native_label": "English"}],
    "default_language": "en",
    "max_call_seconds": 0,
    "terms_url": "",
    "terms_label": "Terms & Conditions",
    "consent_text": "By starting the call you agree to our",
    "show_audio_settings": True,
    "noise_cancellation": {
        "default": "server",
        "engines": list(_NOISE_CANCELLATION),
        "level": 100,
        "user_selectable": True,
        "model_url": None,
    },
    "forms": [],
}


def effective(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The whole appearance: overrides as they are stored, merged over the defaults at every depth."""
    whole = _over(deepcopy(DEFAULTS), overrides)
    languages = [{"label": "", "native_label": "", **_given(language)} for language in whole["languages"]]
    return whole | {"languages": languages, "forms": [completed(form) for form in whole["forms"]]}


def _over(defaults: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with overrides in them. `null` is the default of what has one; elsewhere it is a value."""
    whole = dict(defaults)
    for name, value in overrides.items():
        default = defaults.get(name)
        if isinstance(value, dict) and isinstance(default, dict):
            whole[name] = _over(default, value)
        elif value is not None or name not in defaults:
            whole[name] = value
    return whole


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _colour(text: str) -> str:
    # The parser mends what is open or escaped; it is shown in other places as it is spelled.
    is_plain = _COLOUR.fullmatch(text) and text.count("(") == text.count(")")
    if not is_plain or parse_color(text) is None:
        raise ValueError('must be a CSS colour such as "#6366F1", "rgb(99 102 241)" or "indigo"')
    return text


def _address(url: str) -> str:
    is_path = url.startswith("/") and not url.startswith("//") and is_url_text(url)
    if url and not is_path and not is_web_url(url):
        raise ValueError('must be a URL such as "https://acme.com/logo.png", a path such as "/logo.png", or empty')
    return url


def _font(family: str) -> str:
    if any(character in ";{}<>\\@" for character in family) or not family.isprintable():
        raise ValueError('must be a CSS font family such as "Inter, sans-serif"')
    return family


def _between(low: int, high: int) -> AfterValidator:
    """A number in a range, kept as it was sent."""

    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"must be a number from {low} to {high}")
        return value

    return AfterValidator(check)


Colour = Annotated[str, AfterValidator(_colour)]
Address = Annotated[str, Field(max_length=2048), AfterValidator(_address)]
Label = Annotated[str, Field(max_length=500)]


class Theme(Part):
    """Colours."""

    primary_color: Colour = ""
    accent_color: Colour = ""
    background_color: Colour = ""
    text_color: Colour = ""
    user_bubble_color: Colour = ""
    user_bubble_text_color: Colour = ""
    agent_bubble_color: Colour = ""
    agent_bubble_text_color: Colour = ""


class Dimensions(Part):
    """Sizes in CSS pixels."""

    fab_size: Annotated[Any, _between(16, 400)] = 0
    panel_width: Annotated[Any, _between(100, 4000)] = 0
    panel_height: Annotated[Any, _between(100, 4000)] = 0
    border_radius: Annotated[Any, _between(0, 1000)] = 0


class Layout(Part):
    """Where the widget stands on the page."""

    position: Literal["bottom-right", "bottom-left", "top-right", "top-left"] = "bottom-right"
    font_family: Annotated[str, Field(max_length=200), AfterValidator(_font)] = ""


class Labels(Part):
    """Texts of the states of a call."""

    idle: Label = ""
    connecting: Label = ""
    listening: Label = ""
    speaking: Label = ""
    muted: Label = ""
    call_ended: Label = ""
    transcript_placeholder: Label = ""
    language_label: Label = ""


class Language(Part):
    """An entry of the language picker."""

    code: LanguageTag
    label: Short = ""
    native_label: Short = ""


class NoiseCancellation(Part):
    """Which noise cancellation there is, and which is on (contract 14.10)."""

    default: Literal["off", "browser", "rnnoise", "server"] = "server"
    engines: Annotated[list[Literal["off", "browser", "rnnoise", "server"]], Field(min_length=1, max_length=4)] = list(
        _NOISE_CANCELLATION  # type: ignore[arg-type]  # the same words
    )
    level: Annotated[Any, _between(0, 100)] = 100
    user_selectable: bool = True
    model_url: Address | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.engines)) < len(self.engines):
            raise _faults([("names an engine twice", ("engines",))])
        if self.default not in self.engines:
            raise _faults([("must be one of the engines", ("default",))])
        return self


def _of_one_name(what: str, key: Callable[[Any], str], field: str) -> AfterValidator:
    """Refuses a list with two entries of one name, at the later one."""

    def check(entries: list[Any]) -> list[Any]:
        seen: set[str] = set()
        found: list[tuple[str, tuple[str | int, ...]]] = []
        for index, entry in enumerate(entries):
            if key(entry) in seen:
                found.append((what, (index, field)))
            seen.add(key(entry))
        if found:
            raise _faults(found)
        return entries

    return AfterValidator(check)


class Appearance(Part):
    """What differs from the default look and behaviour of the widget."""

    name: Short = ""
    subtitle: Short = ""
    logo_url: Address = ""
    fab_label: Short = ""
    fab_sublabel: Short = ""
    start_button_text: Short = ""
    powered_by_text: Short = ""
    powered_by_url: Address = ""
    theme: Theme = Theme()
    dimensions: Dimensions = Dimensions()
    layout: Layout = Layout()
    labels: Labels = Labels()
    languages: Annotated[
        list[Language],
        Field(max_length=200),
        _of_one_name("is listed already", lambda language: str(language.code).lower(), "code"),
    ] = []
    default_language: LanguageTag = "en"
    max_call_seconds: Annotated[int, Field(ge=0, le=_DAY_SECONDS)] = 0
    terms_url: Address = ""
    terms_label: Short = ""
    consent_text: Annotated[str, Field(max_length=2000)] = ""
    show_audio_settings: bool = True
    noise_cancellation: NoiseCancellation = NoiseCancellation()
    forms: Annotated[
        list[FormDefinition],
        Field(max_length=50),
        _of_one_name(
            "makes the same tool as another form; ids must differ in more than - and _",
            lambda form: naming.tool_name(form.id),
            "id",
        ),
    ] = []


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
