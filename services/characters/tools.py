"""Tools and MCP servers of a character (contract 7)."""

# ruff: noqa: RUF012 - pydantic copies a default that can change

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_serializer

from services.characters.parts import NamedPart, Part, Secret, Url, at_most_bytes

_MAX_TOOL_BYTES = 64 * 1024
_TOOL_NAME = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
# RFC 9110, section 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")


def _tool_name(name: str) -> str:
    if not _TOOL_NAME.match(name):
        raise ValueError("must have 1 to 64 letters, digits and underscores")
    return name


def _server_name(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("must have 1 to 64 printable characters")
    return name


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.match(name):
            raise ValueError(f"{name[:100]!r} is no HTTP header name")
        if any(ord(character) < ord(" ") and character != "\t" for character in value):
            raise ValueError(f"the value of {name} must not have control characters")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("names one header twice, in different case")
    return headers


Headers = Annotated[dict[str, Secret], Field(max_length=50), AfterValidator(_headers)]


class ToolConfig(Part):
    """How a tool is carried out; which fields count depends on the kind."""

    url: Url = ""
    headers: Headers = {}


class Tool(NamedPart):
    """One function that the model may call."""

    name: Annotated[str, AfterValidator(_tool_name)]
    kind: Literal["http", "kb", "mcp", "client_event"]
    description: Annotated[str, Field(min_length=1, max_length=4096)]
    input_schema: dict[str, Any] = {"type": "object", "properties": {}}
    config: ToolConfig = ToolConfig()
    is_active: bool = True
    ordering: float = 0

    @field_serializer("config")
    def _sparse(self, config: ToolConfig) -> dict[str, Any]:
        return config.model_dump(mode="json", exclude_unset=True)


class McpServer(NamedPart):
    """A server whose tools the character may use."""

    name: Annotated[str, Field(max_length=64), AfterValidator(_server_name)]
    url: Annotated[str, Field(min_length=1, max_length=2048)]
    transport: Literal["streamable_http", "sse", "http_json"] = "streamable_http"
    headers: Headers = {}
    timeout_seconds: Annotated[float, Field(ge=2, le=30)] = 12
    is_active: bool = True


BoundedTool = Annotated[Tool, at_most_bytes(_MAX_TOOL_BYTES)]
