"""Bodies of characters (contract 2.2 and 14.5), for documentation: the characters service judges definitions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_EXAMPLE: JsonDict = {
    "slug": "support-bot",
    "name": "Support",
    "system_prompt": "You answer calls for a bicycle shop. Saturday: 10 to 16.",
    "greeting": "Hello, how can I help?",
    "language": "en",
    "allowed_origins": ["https://shop.example"],
    "llm_model": "gpt-4o-mini",
    "widget_appearance": {"name": "Shop", "theme": {"primary_color": "#6366F1"}},
}
_VOICE: JsonDict = {"audio_file": "", "voice_url": ""}
# Keywords that stand beside a type and say nothing of it.
_ABOUT = ("title", "description", "default", "examples")
_ANSWERED = ConfigDict(json_schema_serialization_defaults_required=True, json_schema_extra={"example": _EXAMPLE})


class HandoffTarget(BaseModel):
    """A character this one may hand the call to."""

    slug: str = Field(examples=["sales-bot"])


def _resettable(schema: JsonDict) -> None:
    """Every field but the name may be `null`; what it means stands beside its type."""
    fields = cast("dict[str, JsonDict]", schema["properties"])
    for name in fields.keys() - {"name"}:
        about = {key: fields[name].pop(key) for key in _ABOUT if key in fields[name]}
        fields[name] = {"anyOf": [fields[name], {"type": "null"}], **about}
    schema["example"] = {"allowed_origins": ["https://shop.example"]}


class _Fields(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str = Field("", description="Display name.")
    character_type: str = Field("", description="Category.", examples=["SUPPORT_AGENT"])
    image: str = Field("", description="Address of an avatar; below the API's own if it was uploaded.")
    system_prompt: str = Field("", description="Instructions and persona; at most 65,536 bytes of UTF-8.")
    greeting: str = Field("", description="First words of a call; empty means that the agent waits for the caller.")
    voice: dict[str, Any] = Field({}, description="`audio_file` and `voice_url`.", examples=[_VOICE])
    language: str = Field("en", description="BCP-47 tag for hearing and speaking.")
    background_audio: str = Field("", description="Ambience mixed into the agent's audio.")
    allowed_origins: list[str] = Field([], description="Origins of pages that may start calls; empty means none.")
    handoff_targets: list[HandoffTarget] = Field([], description="Characters the call may be handed to.")
    widget_appearance: dict[str, Any] = Field({}, description="Overrides of the widget's appearance; holds `forms`.")
    stt_model: str = Field("", description="Public name of a recogniser; empty for the default.")
    tts_model: str = Field("", description="Public name of a voice; empty for the default.")
    keyterms: list[str] = Field(
        [],
        description="Words and names to expect of callers: at most 100 of at most 50 characters. A recogniser that can "
        "prefers them.",
        examples=[["Callbox", "Brompton"]],
    )
    llm_provider: str = Field("openai", description="Kind of language model endpoint.")
    llm_model: str = Field("", description="Name of the language model; empty for the default.")
    llm_api_key: str = Field("", description="Key for the language model. Read back masked; a mask means unchanged.")
    tools: list[dict[str, Any]] = Field(
        [], description="Tool definitions; values of headers are read back masked.", examples=[[]]
    )
    mcp_servers: list[dict[str, Any]] = Field(
        [], description="MCP servers; values of headers are read back masked.", examples=[[]]
    )
    max_tool_calls_per_turn: int = 6
    max_tool_output_chars: int = 16_000
    max_turn_seconds: int = 35
    kb_query_url: str = Field(
        "",
        description="Address of a knowledge base of your own, for `kb` tools.",
        examples=["https://kb.shop.example/ask"],
    )
    kb_query_api_key: str = Field(
        "", description="Key for that address. Read back masked; a mask means unchanged.", examples=["••••1234"]
    )
    recording_enabled: bool = Field(False, description="Kept, and does nothing yet: calls are not recorded.")
    is_active: bool = Field(True, description="A character that is not active takes no calls.")


class CharacterChange(_Fields):
    """Fields of a character; one that is not sent keeps its value, `null` resets it to its default."""

    model_config = ConfigDict(json_schema_extra=_resettable)

    documents: list[Any] = Field([], description="The newest of its knowledge base; passed over when sent.")


class CharacterDefinition(CharacterChange):
    """A whole character; `slug` and `name` are required, and the slug never changes."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    slug: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", description="Unique per installation.")
    name: str = Field(description="Display name.")


class CharacterReplacement(CharacterChange):
    """A whole character; what is not sent takes its default. The slug is that of the path and may be left out."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    # Without a default in the document: a client that is generated would send it.
    slug: str = Field(default_factory=str, description="As in the path; it never changes.")
    name: str = Field(description="Display name.")


class Character(CharacterDefinition):
    """A character as it is kept, defaults filled in and secrets masked."""

    model_config = _ANSWERED

    id: str = Field(description="Opaque identity; taken wherever the slug is.")
    version: int = Field(description="Every change makes a new one.")
    created_by: int
    created_at: datetime
    updated_at: datetime


class VersionLine(BaseModel):
    """One version of a character."""

    version: int = Field(description="Number, from 1.")
    created_at: datetime
    created_by: int = Field(description="User who made it.")
    changed: list[str] = Field(description="Fields that differ from the version before.", examples=[["greeting"]])


class Version(_Fields):
    """A character as one version has it, defaults filled in and secrets masked; without `documents`."""

    model_config = _ANSWERED

    slug: str = Field(description="Unique per installation.")
    name: str = Field(description="Display name.")
    id: str = Field(description="Opaque identity of the character.")
    version: int
    created_at: datetime = Field(description="When the version was made.")
    created_by: int = Field(description="User who made it.")
    changed: list[str] = Field(description="Fields that differ from the version before.")


class PatchStep(BaseModel):
    """One operation of a JSON Patch (RFC 6902)."""

    model_config = ConfigDict(extra="allow")

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str = Field(examples=["/greeting"])


class Difference(BaseModel):
    """What makes `version` out of `against`."""

    version: int
    against: int = Field(description="0 for a character with every default.")
    patch: list[PatchStep] = Field(
        description="JSON Patch (RFC 6902).", examples=[[{"op": "replace", "path": "/greeting", "value": "Hello!"}]]
    )


@dataclass(frozen=True)
class DocumentedBy:
    """Documents a plain JSON object by a model that does not validate it."""

    model: type[BaseModel]

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of the model, and its name, by which the document keeps it once."""
        return {**handler(self.model.__pydantic_core_schema__), "x-model": self.model.__name__}


DefinitionBody = Annotated[dict[str, Any], DocumentedBy(CharacterDefinition)]
ReplacementBody = Annotated[dict[str, Any], DocumentedBy(CharacterReplacement)]
ChangeBody = Annotated[dict[str, Any], DocumentedBy(CharacterChange)]
