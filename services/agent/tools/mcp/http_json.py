"""A server of the transport `http_json`: a JSON-RPC request in each POST, answered with one JSON document."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from typing import Any

import mcp_types as mcp
import structlog
from pydantic import ValidationError

from services.agent.tools.mcp.faults import McpFault, json_rpc_error, of_outbound, of_status
from services.agent.tools.mcp.result import outcome_of
from services.agent.tools.mcp.server import Headers
from services.agent.tools.mcp.transport import MAX_ANSWER_BYTES
from services.agent.tools.tool import Arguments, Outcome, failure
from services.kit.character_definition.tools import McpServer
from services.kit.errors import CallboxError
from services.kit.net.outbound import Outbound, OutboundError
from services.kit.tasks import end

_HEADERS = {"content-type": "application/json", "accept": "application/json"}
_log = structlog.get_logger(__name__)


class JsonServer:
    """A server without sessions: each request stands alone, so there is nothing to keep open."""

    def __init__(self, config: McpServer, headers: Headers, outbound: Outbound) -> None:
        self._config = config
        self._headers = headers
        self._outbound = outbound
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._ids = itertools.count(1)
        self._listing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Asks for the list of tools, in the background."""
        self._listing = asyncio.create_task(self._list(), name=f"mcp server {self._config.name}")

    async def call(self, tool: str, arguments: Arguments) -> Outcome:
        """Calls a tool of the server."""
        try:
            result = await self._asked("tools/call", {"name": tool, "arguments": arguments})
            return outcome_of(mcp.CallToolResult.model_validate(result))
        except McpFault as fault:
            return failure(fault.code, str(fault))
        except ValidationError:
            return failure("invalid_answer", "What the MCP server answered is not a result of a tool.")

    def schema(self, tool: str) -> Mapping[str, Any] | None:
        """The schema of a tool's arguments as the server lists it; None until it is known."""
        return self._schemas.get(tool)

    async def close(self) -> None:
        """Ends the request for the list, if it still runs."""
        if self._listing is not None:
            await end(self._listing)

    async def _list(self) -> None:
        try:
            listed = mcp.ListToolsResult.model_validate(await self._asked("tools/list", {}))
        except (McpFault, ValidationError) as fault:
            _log.info("an MCP server does not list its tools", server=self._config.name, fault=str(fault)[:300])
            return
        self._schemas = {tool.name: tool.input_schema for tool in listed.tools}

    async def _asked(self, method: str, params: Mapping[str, Any]) -> Any:
        """The `result` of a request. Raises: McpFault."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            headers = {name.lower(): value for name, value in (await self._headers()).items()}
            answer = await self._outbound.request(
                "POST",
                self._config.url,
                headers={**headers, **_HEADERS},
                content=json.dumps(request, ensure_ascii=False).encode(),
                deadline_seconds=self._config.timeout_seconds,
                max_bytes=MAX_ANSWER_BYTES,
            )
        except CallboxError as fault:
            raise McpFault("unavailable", f"The headers of the MCP server cannot be read: {fault.message}") from None
        except OutboundError as fault:
            raise of_outbound(fault) from None
        if (error := json_rpc_error(answer.body)) is not None:
            raise McpFault("tool_error", f"The MCP server refused the request: {error.get('message', '')}")
        if answer.status >= 300:
            raise of_status(answer.status, answer.body, answer.headers.get("content-type", ""))
        try:
            return json.loads(answer.body)["result"]
        except (ValueError, RecursionError, TypeError, KeyError):
            raise McpFault("invalid_answer", "What the MCP server answered is not JSON-RPC.") from None
