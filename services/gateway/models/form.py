"""Bodies of appearances and form responses (contract 4, 5, 14.6), for the OpenAPI document and for input."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Engine = Literal["off", "browser", "rnnoise", "server"]
_SESSION = "sess_Zk3vQy0N8rT1mJ5sXw2eLb7u"
_VALUES: dict[str, Any] = {"first_name": "Alice", "email": "alice@acme.com", "consent": True}


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Theme(_Open):
    """CSS colours."""

    primary_color: str = Field(examples=["#6366F1"], description="Buttons, floating button, accents.")
    accent_color: str = Field(examples=["#22D3EE"], description="Loading rings, highlights.")
    background_color: str = Field(examples=["#FFFFFF"], description="Panel.")
    text_color: str = Field(examples=["#0F172A"])
    user_bubble_color: str = Field(examples=["#6366F1"])
    user_bubble_text_color: str = Field(examples=["#FFFFFF"])
    agent_bubble_color: str = Field(examples=["#F1F5F9"])
    agent_bubble_text_color: str = Field(examples=["#0F172A"])


class Dimensions(_Open):
    """CSS pixels."""

    fab_size: float = Field(examples=[64])
    panel_width: float = Field(examples=[380])
    panel_height: float = Field(examples=[620])
    border_radius: float = Field(examples=[24])


class Layout(_Open):
    """Where the widget is placed."""

    position: Literal["bottom-right", "bottom-left", "top-right", "top-left"]
    font_family: str = Field(examples=["Inter, sans-serif"], description="Empty for the font of the page.")


class Labels(_Open):
    """Texts for the states of a call."""

    idle: str = Field(examples=["Idle"])
    connecting: str = Field(examples=["Connecting…"])
    listening: str = Field(examples=["Listening"])
    speaking: str = Field(examples=["Speaking…"])
    muted: str = Field(examples=["Microphone muted"])
    call_ended: str = Field(examples=["Call ended"])
    transcript_placeholder: str = Field(examples=["Your conversation will appear here"])
    language_label: str = Field(examples=["Language"])


class Language(_Open):
    """An entry of the language picker."""

    code: str = Field(examples=["en"])
    label: str = Field(examples=["English"])
    native_label: str = Field(examples=["English"])


class NoiseCancellation(_Open):
    """The noise cancellation engines that are available, and the default."""

    default: Engine
    engines: list[Engine]
    level: float = Field(examples=[100], description="Attenuation limit of `server`, in dB.")
    user_selectable: bool
    model_url: str | None = Field(
        examples=[None], description="Address of the `rnnoise` model; null for the bundled one."
    )


class Form(_Open):
    """A form. Keys that were not set have their default; `fields` and `steps` are as they were set."""

    id: str = Field(examples=["book-demo"])
    title: str = Field(examples=["Book a demo"])
    subtitle: str
    fields: list[dict[str, Any]] = Field([], examples=[[{"name": "email", "type": "email", "required": True}]])
    steps: list[dict[str, Any]] = Field([], examples=[[]])
    submit_url: str | None = Field(
        examples=[None], description="Address that gets the values; null for form-responses."
    )
    submit_method: Literal["POST", "PUT", "PATCH"]
    submit_label: str = Field(examples=["Submit"])
    success_message: str
    disabled: bool
    topics: list[str]
    event_types: list[str]
    confirmation_topic: str = Field(examples=["voice.user_text"])
    confirmation_type: str = Field(examples=["book-demo_submitted"])
    layout: dict[str, Any] = Field(examples=[{"field_layout": "stack"}])


class Appearance(_Open):
    """The complete appearance of a character: overrides merged over defaults."""

    name: str = Field(examples=["Voice Assistant"])
    subtitle: str
    logo_url: str
    fab_label: str
    fab_sublabel: str
    start_button_text: str = Field(examples=["Start Call"])
    powered_by_text: str = Field(examples=["Powered by Callbox"])
    powered_by_url: str
    theme: Theme
    dimensions: Dimensions
    layout: Layout
    labels: Labels
    languages: list[Language]
    default_language: str = Field(examples=["en"])
    max_call_seconds: int = Field(examples=[0], description="0 for no limit.")
    terms_url: str = Field(description="Empty: no consent step.")
    terms_label: str = Field(examples=["Terms & Conditions"])
    consent_text: str = Field(examples=["By starting the call you agree to our"])
    show_audio_settings: bool = Field(examples=[True])
    noise_cancellation: NoiseCancellation
    forms: list[Form] = Field(examples=[[]])


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
