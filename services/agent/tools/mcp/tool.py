"""A tool of a character that one of its MCP servers carries out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.tools.mcp.server import Server
from services.agent.tools.tool import Tool
from services.kit.character_definition.tools import McpTool


def mcp_tool(tool: McpTool, server: Server) -> Tool:
    """The tool as the belt runs it. A definition that names no arguments takes those that the server lists."""
    name = tool.config.tool_name
    listed = None if _says_arguments(tool.input_schema) else partial(server.schema, name)
    act = partial(server.call, name)
    return Tool(tool.name, pb.TOOL_KIND_MCP, tool.description, tool.input_schema, act, listed_schema=listed)


def _says_arguments(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is more than `an object`."""
    return bool(schema.get("properties")) or bool(schema.keys() - {"type", "properties"})
