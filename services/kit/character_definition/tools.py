"""Tools and MCP servers of a character (contract 7)."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.kit.character_definition.field_types import RequiredFetchedUrl, Secret, at_most_bytes
from services.kit.character_definition.masks import is_mask
from services.kit.definition_model import DefinitionModel, SchemaKeywords
from services.kit.forms import naming
from services.kit.one_line import is_one_line

TOOL_KINDS = ("http", "kb", "mcp", "client_event")
_MAX_TOOL_BYTES = 64 * 1024
_MAX_TIMEOUT_SECONDS = 120
_MAX_REPLY_SECONDS = 60
_MAX_WAIT_PHRASES = 10
MAX_WAIT_PHRASE_CHARACTERS = 200
_TOOL_NAME_PATTERN = "^[A-Za-z0-9_]{1,64}$"
_TOOL_NAME = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_TOPIC_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$"
_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\Z")
_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
# RFC 9110, section 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
# RFC 9110, section 5.5: printable, with blanks and tabs inside only.
_HEADER_VALUE = re.compile(r"([!-~\x80-\xff]([ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?\Z")
# Headers that frame the message or name its target. The HTTP client sets them.
_FRAMING = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


def _or_no_arguments(schema: dict[str, Any]) -> dict[str, Any]:
    return schema or _NO_ARGUMENTS


def _tool_name(name: str) -> str:
    if not _TOOL_NAME.match(name):
        raise ValueError("must have 1 to 64 letters, digits and underscores")
    return name


def _server_name(name: str) -> str:
    if not name.strip() or not is_one_line(name):
        raise ValueError("must have 1 to 64 printable characters")
    return name


def _wait_phrase(phrase: str) -> str:
    if not phrase.strip() or not is_one_line(phrase):
        raise ValueError("must be a sentence in one line")
    return phrase


def _topic(topic: str) -> str:
    if not _TOPIC.match(topic):
        raise ValueError('must have 1 to 100 letters, digits and . _ : / -, such as "custom.open_pricing"')
    if naming.is_own(topic) or naming.opens_some_form(topic):
        raise ValueError(
            f'is a topic of Callbox itself; choose one with a prefix of your own, such as "custom.{topic}"'
        )
    return topic


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.match(name):
            raise ValueError(f"{name[:100]!r} is no HTTP header name")
        if name.lower() in _FRAMING:
            raise ValueError(f"{name} is set by the client that sends the request; leave it out")
        if not _HEADER_VALUE.match(value) and not is_mask(value):
            raise ValueError(
                f"the value of {name} must have printable characters of Latin-1 and no blank at either end"
            )
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("names one header twice, in different case")
    return headers


Headers = Annotated[
    dict[str, Secret],
    Field(max_length=50, description="Headers of every request. Values are read back masked; a mask means unchanged."),
    AfterValidator(_headers),
]


WaitPhrase = Annotated[
    str,
    Field(max_length=MAX_WAIT_PHRASE_CHARACTERS),
    AfterValidator(_wait_phrase),
    SchemaKeywords({"minLength": 1}),
]
WaitPhrases = Annotated[list[WaitPhrase], Field(max_length=_MAX_WAIT_PHRASES)]


class _Config(DefinitionModel):
    """What the configurations of all kinds share. All take headers, so that header values are masked in all."""

    headers: Headers = Field(default_factory=dict)
    wait_phrases: WaitPhrases = Field(
        [],
        description="Sentences that the caller hears while the tool runs, one after the other, instead of fixed lines.",
        examples=[["I am asking the warehouse."]],
    )


class HttpConfig(_Config):
    """A request to an address of the owner."""

    url: RequiredFetchedUrl = Field(description="Absolute URL.", examples=["https://api.shop.example/orders"])
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "POST", description="Arguments go into the body as JSON, those of GET and DELETE into the query."
    )
    timeout_seconds: Annotated[float, Field(ge=1, le=_MAX_TIMEOUT_SECONDS)] = Field(
        10, description="After this long the model is told that the request timed out."
    )
    send_session: bool = Field(True, description="Whether `_session` is sent: the session's id and its metadata.")


class KnowledgeConfig(_Config):
    """A question to the character's documents. All of its configuration may be left out."""


class McpConfig(_Config):
    """A tool of one of the character's MCP servers."""

    server_name: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="Name of one of `mcp_servers`.", examples=["search"]
    )
    tool_name: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Name of the tool on the server.", examples=["web_search"]
    )


class ClientEventConfig(_Config):
    """A message to the client."""

    topic: Annotated[str, AfterValidator(_topic), SchemaKeywords({"pattern": _TOPIC_PATTERN})] = Field(
        description="Data topic; none of Callbox's own and none that opens a form.", examples=["custom.open_pricing"]
    )
    await_reply_seconds: Annotated[float, Field(ge=0, le=_MAX_REPLY_SECONDS)] = Field(
        0, description="How long the client's reply is waited for; 0 waits for none."
    )


class _Tool(DefinitionModel):
    """What tools of all kinds share."""

    name: Annotated[str, AfterValidator(_tool_name), SchemaKeywords({"pattern": _TOOL_NAME_PATTERN})] = Field(
        description="Name of the function that the model calls.", examples=["find_order"]
    )
    description: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="Tells the model what the function does and when to call it.", examples=["Finds an order."]
    )
    input_schema: Annotated[dict[str, Any], AfterValidator(_or_no_arguments)] = Field(
        default_factory=lambda: _NO_ARGUMENTS,
        description="JSON Schema of the arguments, an object; without one there are none.",
    )
    config: _Config = Field(description="Configuration of this kind of tool.")
    is_active: bool = Field(True, description="`false` hides the tool from the model.")
    ordering: float = Field(0, description="Tools are shown to the model in ascending order of it.")


class HttpTool(_Tool):
    """A function that sends an HTTP request."""

    kind: Literal["http"]
    config: HttpConfig


class KnowledgeTool(_Tool):
    """A function that searches the character's documents."""

    kind: Literal["kb"]
    config: KnowledgeConfig = Field(default_factory=KnowledgeConfig)


class McpTool(_Tool):
    """A function of an MCP server."""

    kind: Literal["mcp"]
    config: McpConfig


class ClientEventTool(_Tool):
    """A function that the client carries out."""

    kind: Literal["client_event"]
    config: ClientEventConfig


class McpServer(DefinitionModel):
    """A server whose tools the character may use."""

    name: Annotated[str, Field(max_length=64), AfterValidator(_server_name), SchemaKeywords({"minLength": 1})] = Field(
        description="Name by which tools refer to it.", examples=["search"]
    )
    url: RequiredFetchedUrl = Field(description="Its endpoint.", examples=["https://mcp.shop.example/mcp"])
    transport: Literal["streamable_http", "sse", "http_json"] = Field(
        "streamable_http",
        description="`streamable_http`: MCP's own; `sse`: an event stream; `http_json`: one JSON answer to each POST.",
    )
    headers: Headers = Field(default_factory=dict)
    timeout_seconds: Annotated[float, Field(ge=2, le=30)] = Field(12, description="Deadline of one call.")
    is_active: bool = Field(True, description="`false` switches the server off.")


Tool = Annotated[
    Annotated[HttpTool | KnowledgeTool | McpTool | ClientEventTool, Field(discriminator="kind")],
    at_most_bytes(_MAX_TOOL_BYTES),
]
