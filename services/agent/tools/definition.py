"""Builds the tools of a character from its definition."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import structlog
from callbox.characters.v1 import knowledge_pb2
from callbox.sessions.v1 import sessions_pb2 as pb
from pydantic import TypeAdapter, ValidationError

from services.agent.metadata import Metadata
from services.agent.tools.client_event import ClientEvent, EventClients
from services.agent.tools.http import HttpRequest, Session
from services.agent.tools.knowledge import DEFAULT_SCHEMA, AddressSearch, KnowledgeSearch
from services.agent.tools.mcp.server import Server
from services.agent.tools.mcp.tool import mcp_tool
from services.agent.tools.tool import Tool
from services.kit.character_definition import tools as definitions
from services.kit.character_definition.field_types import ValidationContext
from services.kit.net.outbound import Outbound
from services.kit.net.url_policy import Allowances

_TOOL: TypeAdapter[definitions.Tool] = TypeAdapter(definitions.Tool)
_log = structlog.get_logger(__name__)


class CharacterData(Protocol):
    """What is stored about the character and no part of its definition. All raise CallboxError."""

    async def headers(self, owner: str, shown: Mapping[str, str]) -> Mapping[str, str]:
        """Headers with secrets in place of their masks. owner: `tools/<name>` or `mcp_servers/<name>`."""
        ...

    async def kb_query_key(self) -> str:
        """The key for `kb_query_url`; may be empty."""
        ...

    async def search(self, query: str, count: int) -> knowledge_pb2.SearchResponse:
        """Passages of the character's documents, best first."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """What the tools of one call need of it.

    allowed: private addresses that tools may name. Each address is judged again when it is connected to.
    """

    session: Session
    outbound: Outbound
    allowed: Allowances
    data: CharacterData
    clients: EventClients
    mcp_servers: Mapping[str, Server]


def tools_of(definition: Mapping[str, Any], around: Surroundings) -> list[Tool]:
    """The active tools, in the order in which the model sees them. One that cannot be read is logged and left out."""
    context = ValidationContext(around.allowed)
    found: list[definitions.Tool] = []
    for content in definition.get("tools", ()):
        try:
            found.append(_TOOL.validate_python(content, context=context))
        except ValidationError as fault:
            _log.error("a tool of the character cannot be used", tool=content.get("name"), fault=str(fault)[:300])
    active = sorted((tool for tool in found if tool.is_active), key=lambda each: each.ordering)
    kb_query_url = str(definition.get("kb_query_url") or "")
    return [
        replace(made, wait_phrases=_wait_phrases(tool, around.session.metadata))
        for tool in active
        if (made := _tool(tool, kb_query_url, around)) is not None
    ]


def _wait_phrases(tool: definitions.Tool, metadata: Metadata) -> tuple[str, ...]:
    """The tool's wait phrases with the caller's metadata, without those that became too long or empty by it."""
    filled = (metadata.fill(phrase).strip() for phrase in tool.config.wait_phrases)
    return tuple(phrase for phrase in filled if 0 < len(phrase) <= definitions.MAX_WAIT_PHRASE_CHARACTERS)


def _tool(tool: definitions.Tool, kb_query_url: str, around: Surroundings) -> Tool | None:
    match tool:
        case definitions.HttpTool():
            headers = partial(around.data.headers, f"tools/{tool.name}", tool.config.headers)
            act = HttpRequest(tool.config, headers, around.session, around.outbound)
            return Tool(tool.name, pb.TOOL_KIND_HTTP, tool.description, tool.input_schema, act)
        case definitions.KnowledgeTool():
            schema = tool.input_schema if tool.input_schema.get("properties") else DEFAULT_SCHEMA
            search = (
                AddressSearch(kb_query_url, around.data.kb_query_key, around.outbound)
                if kb_query_url
                else KnowledgeSearch(around.data.search)
            )
            return Tool(tool.name, pb.TOOL_KIND_KB, tool.description, schema, search)
        case definitions.ClientEventTool():
            event = ClientEvent(tool.config, around.clients)
            return Tool(tool.name, pb.TOOL_KIND_CLIENT_EVENT, tool.description, tool.input_schema, event)
        case definitions.McpTool():
            server = around.mcp_servers.get(tool.config.server_name)
            # A server that is switched off has no tools.
            return None if server is None else mcp_tool(tool, server)
