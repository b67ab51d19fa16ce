"""Bodies of the voice catalogue."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_VOICE: dict[str, Any] = {
    "name": "kokoro-bf-emma",
    "aliases": [],
    "provider": "kokoro",
    "languages": ["en-GB", "en"],
    "licence": "Apache-2.0",
    "title": "Emma, British English, female",
    "sample_rate_hz": 24000,
    "can_clone": False,
    "can_match": True,
    "sample_url": "/api/voices/kokoro-bf-emma/sample/?v=3f8a1c09d2e4",
}
_RECOGNISER: dict[str, Any] = {
    "name": "moonshine-tiny-en",
    "aliases": ["whisper-en-large"],
    "provider": "moonshine",
    "languages": ["en"],
    "licence": "MIT",
    "keyterms": True,
}


class Named(BaseModel):
    """What can be asked for by name."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="What a call or a character asks for.")
    aliases: list[str] = Field(description="Other names it answers to.")
    provider: str = Field(description="As the history of a call names who served.")
    languages: list[str] = Field(description="BCP-47 tags; a language asked for finds them as RFC 4647 looks them up.")
    licence: str = Field(description="Of the model.")


class Voice(Named):
    """A voice: for `voice_model` of a call and `tts_model` of a character."""

    model_config = ConfigDict(json_schema_extra={"example": _VOICE})

    title: str = Field(description="For people.")
    sample_rate_hz: int = Field(description="Of what the engine makes.")
    can_clone: bool = Field(description="Speaks with the voice of a `reference_audio_url`.")
    can_match: bool = Field(
        description="Speaks like a `reference_audio_url`, as near as a mix of its engine's voices comes."
    )
    sample_url: str | None = Field(
        description="Address of a few recorded seconds, below the API's own; null where there are none."
    )


class Recogniser(Named):
    """A recogniser: for `stt_model` of a character."""

    model_config = ConfigDict(json_schema_extra={"example": _RECOGNISER})

    keyterms: bool = Field(description="Whether a character's `keyterms` bias what it hears.")


class LanguageDefault(BaseModel):
    """What serves a language when nothing is named."""

    language: str = Field(description="BCP-47 tag; a language asked for finds it as RFC 4647 looks it up.")
    voice: str = Field(description="Name of a voice.", examples=["kokoro-bf-emma"])
    recogniser: str = Field(description="Name of a recogniser.", examples=["moonshine-tiny-en"])


class VoiceCatalogue(BaseModel):
    """What this installation speaks and hears with."""

    voices: list[Voice] = Field(description="With `language`: those that speak it, the most exact first.")
    recognisers: list[Recogniser] = Field(description="With `language`: those that hear it.")
    defaults: list[LanguageDefault] = Field(description="Every language that is served; with `language` the one found.")
