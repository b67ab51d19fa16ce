"""The definition of a character: documented fields (contract 2.2, 14.5) with their defaults and limits."""

# ruff: noqa: RUF012 - pydantic copies a default that can change

import re
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, field_serializer
from pydantic_core import ErrorDetails

from services.characters.appearance.overrides import Appearance
from services.characters.definition import cross_checks
from services.characters.definition.field_types import (
    STRICT,
    FetchedUrl,
    Judging,
    Rules,
    Secret,
    Short,
    Url,
    at_most_bytes,
    compact,
    is_web_url,
    one_of,
)
from services.characters.definition.references import MEDIA_PREFIX
from services.characters.definition.tools import KINDS, BoundedTool, McpServer
from services.kit.definition_part import Part
from services.kit.errors import CallboxError, Code, validation
from services.kit.languages import LanguageTag
from services.kit.net.origins import is_valid_entry

MAX_DEFINITION_BYTES = 1024 * 1024
_MAX_PROMPT_BYTES = 65_536
_MAX_APPEARANCE_BYTES = 256 * 1024
_MAX_FAULTS = 50
_DOCUMENTS = "documents"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


def _slug(slug: str) -> str:
    if not _SLUG.match(slug):
        raise ValueError("must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end")
    return slug


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _origin(entry: str) -> str:
    if not is_valid_entry(entry):
        raise ValueError('must be a URL such as "https://acme.com" or "https://*.acme.com", or "*"')
    return entry


def _file(url: str) -> str:
    if url and not url.startswith(MEDIA_PREFIX) and not is_web_url(url):
        raise ValueError(f"must be the address of a file that was uploaded here, {MEDIA_PREFIX}…, or an http(s) URL")
    return url


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not hold line breaks or other control characters")
    return text


FileUrl = Annotated[Url, AfterValidator(_file)]
Keyterm = Annotated[str, Field(max_length=50), AfterValidator(_not_blank), AfterValidator(_printable)]


class Voice(Part):
    """A voice of the character's own."""

    audio_file: FileUrl = ""
    voice_url: FetchedUrl = ""


class HandoffTarget(Part):
    """A character that may take over the call."""

    slug: Annotated[str, AfterValidator(_slug)]


class Definition(Part):
    """Every documented field. Top-level fields that are not documented are dropped."""

    model_config = ConfigDict(extra="ignore")

    slug: Annotated[str, AfterValidator(_slug)]
    name: Annotated[Short, AfterValidator(_not_blank)]
    character_type: Short = ""
    image: FileUrl = ""
    system_prompt: Annotated[str, at_most_bytes(_MAX_PROMPT_BYTES)] = ""
    greeting: Annotated[str, Field(max_length=5000)] = ""
    voice: Voice = Voice()
    language: LanguageTag = "en"
    background_audio: Literal["", "office", "crowded room", "cafe", "nature"] = ""
    allowed_origins: Annotated[list[Annotated[Url, AfterValidator(_origin)]], Field(max_length=200)] = []
    handoff_targets: Annotated[list[HandoffTarget], Field(max_length=50)] = []
    widget_appearance: Annotated[Appearance, at_most_bytes(_MAX_APPEARANCE_BYTES)] = Appearance()
    stt_model: Short = ""
    tts_model: Short = ""
    keyterms: Annotated[list[Keyterm], Field(max_length=100)] = []
    llm_provider: Literal["openai"] = "openai"
    llm_model: Short = ""
    llm_api_key: Secret = ""
    # Read from the knowledge base; passed over, so that who sends back what was read does not fail.
    documents: Annotated[list[Any], Field(exclude=True)] = []
    tools: Annotated[list[BoundedTool], Field(max_length=128)] = []
    mcp_servers: Annotated[list[McpServer], Field(max_length=32)] = []
    max_tool_output_chars: Annotated[int, Field(ge=100, le=1_000_000)] = 16_000
    max_tool_calls_per_turn: Annotated[int, Field(ge=0, le=100)] = 6
    max_turn_seconds: Annotated[int, Field(ge=1, le=600)] = 35
    kb_query_url: FetchedUrl = ""
    kb_query_api_key: Secret = ""
    is_active: bool = True
    recording_enabled: bool = False

    @field_serializer("widget_appearance")
    def _sparse(self, appearance: Appearance) -> dict[str, Any]:
        return appearance.model_dump(mode="json", exclude_unset=True)


def validated(content: dict[str, Any], rules: Rules = STRICT) -> dict[str, Any]:
    """A whole definition: what was given, judged, with the default of what was not.

    Raises: CallboxError `validation_failed` with each fault by its path, such as `tools.0.name`.
    """
    kept = {name: value for name, value in content.items() if name in Definition.model_fields and name != _DOCUMENTS}
    if len(compact(kept).encode()) > MAX_DEFINITION_BYTES:
        raise CallboxError(
            Code.VALIDATION_FAILED, f"A character must be at most {MAX_DEFINITION_BYTES:,} bytes of JSON; shorten it."
        )
    judging = Judging(rules)
    try:
        definition = Definition.model_validate_json(compact(content), context=judging).model_dump(mode="json")
    except ValidationError as fault:
        faults: dict[str, list[str]] = {}
        for error in fault.errors(include_input=False, include_url=False)[:_MAX_FAULTS]:
            path, sentence = _fault(error)
            faults.setdefault(path, []).append(sentence)
        raise validation(faults) from None
    if disagreements := dict(islice(cross_checks.faults(definition, judging).items(), _MAX_FAULTS)):
        raise validation(disagreements)
    return definition


def _fault(error: ErrorDetails) -> tuple[str, str]:
    """Path and sentence of a fault."""
    steps = [str(step) for step in error["loc"]]
    if error["type"].startswith("union_tag_"):
        return ".".join((*steps, "kind")), one_of(KINDS)
    if steps[0] == "tools" and len(steps) > 2 and steps[2] in KINDS:
        # Which kind of tool it was judged as is no step of the document.
        del steps[2]
    return ".".join(steps), error["msg"].removeprefix("Value error, ")


DEFAULTS = validated({"slug": "default", "name": "default"}) | {"slug": "", "name": ""}
