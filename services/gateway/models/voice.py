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
    """A voice or recogniser, by its name."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="The name for calls and characters.")
    aliases: list[str] = Field(description="Other names of it.")
    provider: str = Field(description="As in the history of a call.")
    languages: list[str] = Field(description="BCP-47 tags. A requested language is looked up among them by RFC 4647.")
    licence: str = Field(description="Licence of the model.")


class Voice(Named):
    """A voice: for `voice_model` of a call and `tts_model` of a character."""

    model_config = ConfigDict(json_schema_extra={"example": _VOICE})

    title: str = Field(description="A name for people.")
    sample_rate_hz: int = Field(description="Sample rate of the engine's audio.")
    can_clone: bool = Field(description="Can clone the voice of a `reference_audio_url`.")
    can_match: bool = Field(
        description="Can imitate a `reference_audio_url` with the most similar mix of its engine's voices."
    )
    sample_url: str | None = Field(description="Path of a recorded sample, relative to the API; null if there is none.")


class Recogniser(Named):
    """A recogniser: for `stt_model` of a character."""

    model_config = ConfigDict(json_schema_extra={"example": _RECOGNISER})

    keyterms: bool = Field(description="Whether it uses the `keyterms` of a character.")


class LanguageDefault(BaseModel):
    """The voice and recogniser of a language when a call or character names none."""

    language: str = Field(description="BCP-47 tag. A requested language is looked up by RFC 4647.")
    voice: str = Field(description="Name of a voice.", examples=["kokoro-bf-emma"])
    recogniser: str = Field(description="Name of a recogniser.", examples=["moonshine-tiny-en"])


class VoiceCatalogue(BaseModel):
    """The voices and recognisers of this installation."""

    voices: list[Voice] = Field(description="With `language`: only those that speak it, the best match first.")
    recognisers: list[Recogniser] = Field(description="With `language`: only those that recognise it.")
    defaults: list[LanguageDefault] = Field(
        description="All supported languages; with `language`, the one that matches it."
    )
