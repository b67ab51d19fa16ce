"""The MCP servers of the characters of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError

from services.agent.metadata import Metadata
from services.agent.tools.mcp.http_json import JsonServer
from services.agent.tools.mcp.server import Server, SessionServer
from services.kit.character_definition import tools as definitions
from services.kit.character_definition.field_types import ValidationContext
from services.kit.net.outbound import Outbound
from services.kit.net.url_policy import Allowances

_SERVER: TypeAdapter[definitions.McpServer] = TypeAdapter(definitions.McpServer)
# Headers with secrets in place of their masks. First: `mcp_servers/<name>`. Raises: CallboxError.
ReadHeaders = Callable[[str, Mapping[str, str]], Awaitable[Mapping[str, str]]]
_log = structlog.get_logger(__name__)


class McpServers:
    """Connects to each server once in a call, and closes all connections at its end.

    session_headers: the `mcp_headers` of the call; they replace headers of the same names that a character has.
    """

    def __init__(
        self, outbound: Outbound, allowed: Allowances, session_headers: Mapping[str, str], metadata: Metadata
    ) -> None:
        self._outbound = outbound
        self._allowed = allowed
        self._session_headers = session_headers
        self._metadata = metadata
        self._open: dict[tuple[str, str], Server] = {}

    def of(self, character_id: str, definition: Mapping[str, Any], read: ReadHeaders) -> Mapping[str, Server]:
        """The active servers of a character that its tools use, by name. Begins to connect to them."""
        found: dict[str, Server] = {}
        for config in self._configs(definition):
            # A call comes back to a character with the definition as it is then.
            key = character_id, config.model_dump_json()
            if key not in self._open:
                headers = partial(self._headers, config, read)
                kind = JsonServer if config.transport == "http_json" else SessionServer
                self._open[key] = kind(config, headers, self._outbound)
                self._open[key].start()
            found[config.name] = self._open[key]
        return found

    async def close(self) -> None:
        """Closes all connections, side by side."""
        await asyncio.gather(*(server.close() for server in self._open.values()))

    def _configs(self, definition: Mapping[str, Any]) -> list[definitions.McpServer]:
        used = {
            tool["config"]["server_name"]
            for tool in definition.get("tools", ())
            if tool["kind"] == "mcp" and tool.get("is_active", True)
        }
        found = []
        for content in definition.get("mcp_servers", ()):
            if content.get("name") not in used:
                continue
            try:
                found.append(_SERVER.validate_python(content, context=ValidationContext(self._allowed)))
            except ValidationError as fault:
                _log.error("an MCP server cannot be used", server=content.get("name"), fault=str(fault)[:300])
        return [each for each in found if each.is_active]

    async def _headers(self, config: definitions.McpServer, read: ReadHeaders) -> Mapping[str, str]:
        own = await read(f"mcp_servers/{config.name}", config.headers)
        both = {name.lower(): value for headers in (own, self._session_headers) for name, value in headers.items()}
        return {name: self._metadata.fill(value) for name, value in both.items()}
