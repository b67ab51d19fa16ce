"""A character's overrides over the default appearance (contract 4), kept as they were sent."""

# ruff: noqa: RUF012 - pydantic copies a default that can change

from typing import Annotated, Any

from pydantic import Field

from services.characters.parts import Part, Short, Url

_DAY_SECONDS = 24 * 3600
Sub = dict[str, Any]


class Form(Part):
    """A form that the agent can open."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    title: Short
    subtitle: Annotated[str, Field(max_length=1000)] = ""
    fields: Annotated[list[Sub], Field(max_length=200)] = []
    steps: Annotated[list[Sub], Field(max_length=50)] = []
    disabled: bool = False


class Appearance(Part):
    """What differs from the default look and behaviour of the widget."""

    name: Short = ""
    subtitle: Short = ""
    logo_url: Url = ""
    fab_label: Short = ""
    fab_sublabel: Short = ""
    start_button_text: Short = ""
    powered_by_text: Short = ""
    powered_by_url: Url = ""
    theme: Sub = {}
    dimensions: Sub = {}
    layout: Sub = {}
    labels: Sub = {}
    languages: Annotated[list[Sub], Field(max_length=200)] = []
    default_language: Short = ""
    max_call_seconds: Annotated[int, Field(ge=0, le=_DAY_SECONDS)] = 0
    terms_url: Url = ""
    terms_label: Short = ""
    consent_text: Annotated[str, Field(max_length=2000)] = ""
    show_audio_settings: bool = True
    noise_cancellation: Sub = {}
    forms: Annotated[list[Form], Field(max_length=50)] = []
