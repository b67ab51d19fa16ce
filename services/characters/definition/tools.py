"""Tools and MCP servers of a character (contract 7)."""

# ruff: noqa: RUF012 - pydantic copies a default that can change

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_serializer

from services.characters.definition.field_types import NamedPart, Secret, TargetUrl, at_most_bytes, is_mask
from services.kit.definition_part import Part
from services.kit.forms import naming
from services.kit.one_line import is_one_line

KINDS = ("http", "kb", "mcp", "client_event")
_MAX_TOOL_BYTES = 64 * 1024
_MAX_TIMEOUT_SECONDS = 120
_MAX_REPLY_SECONDS = 60
_TOOL_NAME = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\Z")
_NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
# RFC 9110, section 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
# RFC 9110, section 5.5: printable, with blanks and tabs inside only.
_HEADER_VALUE = re.compile(r"([!-~\x80-\xff]([ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?\Z")
# They frame the message or name its target, which the client that sends it decides.
_FRAMING = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


def _some_object(schema: dict[str, Any]) -> dict[str, Any]:
    return schema or _NO_ARGUMENTS


def _tool_name(name: str) -> str:
    if not _TOOL_NAME.match(name):
        raise ValueError("must have 1 to 64 letters, digits and underscores")
    return name


def _server_name(name: str) -> str:
    if not name.strip() or not is_one_line(name):
        raise ValueError("must have 1 to 64 printable characters")
    return name


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


Headers = Annotated[dict[str, Secret], Field(max_length=50), AfterValidator(_headers)]


class _Config(Part):
    """What configurations of every kind have: headers are secrets wherever they stand, also where none is sent."""

    headers: Headers = {}


class HttpConfig(_Config):
    """A request to an address of the owner's."""

    url: TargetUrl
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    timeout_seconds: Annotated[float, Field(ge=1, le=_MAX_TIMEOUT_SECONDS)] = 10
    send_session: bool = True


class KnowledgeConfig(_Config):
    """A question to the character's documents; nothing is to be said about it."""


class McpConfig(_Config):
    """A tool of one of the character's MCP servers."""

    server_name: Annotated[str, Field(min_length=1, max_length=64)]
    tool_name: Annotated[str, Field(min_length=1, max_length=200)]


class ClientEventConfig(_Config):
    """A message to the client."""

    topic: Annotated[str, AfterValidator(_topic)]
    await_reply_seconds: Annotated[float, Field(ge=0, le=_MAX_REPLY_SECONDS)] = 0


class _Tool(NamedPart):
    """What tools of every kind have."""

    name: Annotated[str, AfterValidator(_tool_name)]
    description: Annotated[str, Field(min_length=1, max_length=4096)]
    input_schema: Annotated[dict[str, Any], AfterValidator(_some_object)] = _NO_ARGUMENTS
    config: _Config
    is_active: bool = True
    ordering: float = 0

    @field_serializer("config")
    def _sparse(self, config: _Config) -> dict[str, Any]:
        return config.model_dump(mode="json", exclude_unset=True)


class HttpTool(_Tool):
    """A function that is a request over HTTP."""

    kind: Literal["http"]
    config: HttpConfig


class KnowledgeTool(_Tool):
    """A function that looks in the character's documents."""

    kind: Literal["kb"]
    config: KnowledgeConfig = KnowledgeConfig()


class McpTool(_Tool):
    """A function of an MCP server."""

    kind: Literal["mcp"]
    config: McpConfig


class ClientEventTool(_Tool):
    """A function that the client carries out."""

    kind: Literal["client_event"]
    config: ClientEventConfig


class McpServer(NamedPart):
    """A server whose tools the character may use."""

    name: Annotated[str, Field(max_length=64), AfterValidator(_server_name)]
    url: TargetUrl
    transport: Literal["streamable_http", "sse", "http_json"] = "streamable_http"
    headers: Headers = {}
    timeout_seconds: Annotated[float, Field(ge=2, le=30)] = 12
    is_active: bool = True


BoundedTool = Annotated[
    Annotated[HttpTool | KnowledgeTool | McpTool | ClientEventTool, Field(discriminator="kind")],
    at_most_bytes(_MAX_TOOL_BYTES),
]
