"""Every documented field of a character (contract 2.2, 14.5)."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from services.kit.character_definition.appearance import AppearanceOverrides
from services.kit.character_definition.field_types import (
    FetchedUrl,
    Secret,
    ShortText,
    Slug,
    Url,
    at_most_bytes,
    is_web_url,
)
from services.kit.character_definition.tools import McpServer, Tool
from services.kit.definition_model import DefinitionModel
from services.kit.languages import LanguageTag
from services.kit.net.origins import is_valid_entry

MAX_DEFINITION_BYTES = 1024 * 1024
# Where the gateway serves uploaded files.
MEDIA_PREFIX = "/api/media/"
_MAX_PROMPT_BYTES = 65_536
_MAX_APPEARANCE_BYTES = 256 * 1024


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _origin(entry: str) -> str:
    if not is_valid_entry(entry):
        raise ValueError(
            'must be a URL such as "https://acme.com" or "https://*.acme.com", an origin of an app, or "*"'
        )
    return entry


def _file_url(url: str) -> str:
    if url and not url.startswith(MEDIA_PREFIX) and not is_web_url(url):
        raise ValueError(f"must be the address of a file that was uploaded here, {MEDIA_PREFIX}…, or an http(s) URL")
    return url


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not hold line breaks or other control characters")
    return text


FileUrl = Annotated[Url, AfterValidator(_file_url)]
Keyterm = Annotated[str, Field(max_length=50), AfterValidator(_not_blank), AfterValidator(_printable)]
ModelName = Annotated[str, Field(max_length=200), AfterValidator(_not_blank), AfterValidator(_printable)]
CharacterSlug = Annotated[Slug, Field(description="Unique per installation.")]
CharacterName = Annotated[ShortText, Field(description="Display name."), AfterValidator(_not_blank)]


class CharacterVoice(DefinitionModel):
    """A voice of the character's own."""

    audio_file: FileUrl = Field(
        "",
        description="Address of a recording; below the API's own if it was uploaded.",
        examples=["https://shop.example/voice.wav"],
    )
    voice_url: FetchedUrl = Field(
        "",
        description="Address from which Callbox fetches a recording.",
        examples=["https://shop.example/voice.wav"],
    )


class HandoffTarget(DefinitionModel):
    """A character this one may hand the call to."""

    slug: Slug = Field(examples=["sales-bot"])


class CharacterFields(DefinitionModel):
    """The fields that can change."""

    name: CharacterName = ""
    character_type: ShortText = Field("", description="Category.", examples=["SUPPORT_AGENT"])
    image: FileUrl = Field("", description="Address of an avatar; below the API's own if it was uploaded.")
    system_prompt: Annotated[str, at_most_bytes(_MAX_PROMPT_BYTES)] = Field(
        "", description=f"Instructions and persona; at most {_MAX_PROMPT_BYTES:,} bytes of UTF-8."
    )
    greeting: Annotated[str, Field(max_length=5000)] = Field(
        "", description="First words of a call; empty means that the agent waits for the caller."
    )
    voice: CharacterVoice = Field(
        default_factory=CharacterVoice,
        description="`audio_file` and `voice_url`.",
        examples=[{"audio_file": "", "voice_url": ""}],
    )
    language: LanguageTag = Field("en", description="BCP-47 tag for hearing and speaking.")
    background_audio: Literal["", "office", "crowded room", "cafe", "nature"] = Field(
        "", description="Ambience mixed into the agent's audio."
    )
    allowed_origins: Annotated[list[Annotated[Url, AfterValidator(_origin)]], Field(max_length=200)] = Field(
        [], description="Origins of pages that may start calls; empty means none."
    )
    handoff_targets: Annotated[list[HandoffTarget], Field(max_length=50)] = Field(
        [], description="Characters the call may be handed to."
    )
    widget_appearance: Annotated[AppearanceOverrides, at_most_bytes(_MAX_APPEARANCE_BYTES)] = Field(
        default_factory=AppearanceOverrides,
        description=(
            "Overrides of the widget's appearance; holds `forms`. At most "
            f"{_MAX_APPEARANCE_BYTES:,} bytes of UTF-8 as compact JSON."
        ),
        examples=[{}],
    )
    stt_model: ShortText = Field("", description="Public name of a recogniser; empty for the default.")
    tts_model: ShortText = Field("", description="Public name of a voice; empty for the default.")
    keyterms: Annotated[list[Keyterm], Field(max_length=100)] = Field(
        [],
        description="Words and names to expect of callers: at most 100 of at most 50 characters. A recogniser that can "
        "prefers them.",
        examples=[["Callbox", "Brompton"]],
    )
    llm_provider: Literal["openai"] = Field("openai", description="Kind of language model endpoint.")
    llm_model: ShortText = Field("", description="Name of the language model; empty for the default.")
    llm_api_key: Secret = Field("", description="Key for the language model. Read back masked; a mask means unchanged.")
    llm_fallbacks: Annotated[list[ModelName], Field(max_length=3)] = Field(
        [],
        description="Names of fallback models of the installation that are asked, in this order, when the language "
        "model fails; empty for all of them. A name that the installation does not know is passed over.",
        examples=[["qwen2.5-7b"]],
    )
    llm_max_tokens: Annotated[int, Field(ge=16, le=4096)] = Field(
        160, description="Longest answer of the language model in tokens, its reasoning included."
    )
    llm_max_sentences: Annotated[int, Field(ge=0, le=10)] = Field(
        0, description="Sentences after which an answer of the language model ends; 0 for no limit."
    )
    tools: Annotated[list[Tool], Field(max_length=128)] = Field(
        [], description="Tool definitions; values of headers are read back masked.", examples=[[]]
    )
    mcp_servers: Annotated[list[McpServer], Field(max_length=32)] = Field(
        [], description="MCP servers; values of headers are read back masked.", examples=[[]]
    )
    max_tool_output_chars: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        16_000, description="Characters of a tool's answer that the model is shown."
    )
    max_tool_calls_per_turn: Annotated[int, Field(ge=0, le=100)] = Field(
        6, description="Calls of tools in one turn of the agent."
    )
    max_turn_seconds: Annotated[int, Field(ge=1, le=600)] = Field(35, description="Length of one turn of the agent.")
    kb_query_url: FetchedUrl = Field(
        "",
        description="Address of a knowledge base of your own, for `kb` tools.",
        examples=["https://kb.shop.example/ask"],
    )
    kb_query_api_key: Secret = Field(
        "", description="Key for that address. Read back masked; a mask means unchanged.", examples=["••••1234"]
    )
    kb_auto_context: bool = Field(
        False,
        description="Whether passages of the documents are looked up while the caller speaks, for the model's answer; "
        "works without a `kb` tool.",
    )
    guided_forms: bool = Field(
        False,
        description="Whether an open form is filled without the language model: Callbox asks for its values one by one "
        "and understands the answers by rules. The model opens the form and answers what is no value.",
    )
    is_active: bool = Field(True, description="A character that is not active takes no calls.")
    recording_enabled: bool = Field(False, description="Kept, and does nothing yet: calls are not recorded.")


class _Slugged(DefinitionModel):
    slug: CharacterSlug


class Definition(CharacterFields, _Slugged):
    """A whole definition. Top-level fields that are not documented are dropped."""

    model_config = ConfigDict(extra="ignore")

    name: CharacterName
    # Comes from the knowledge base. Accepted, so that a client can send back what it read.
    documents: Annotated[list[Any], Field(exclude=True)] = Field([])
