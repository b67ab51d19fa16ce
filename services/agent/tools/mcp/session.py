"""One connection to an MCP server, made with the official client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
import mcp_types as mcp
from mcp import Client
from mcp.client.session import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from services.agent.tools.mcp.faults import McpFault, http_faults
from services.agent.tools.mcp.transport import MAX_ANSWER_BYTES, GuardedTransport
from services.kit.character_definition.tools import McpServer
from services.kit.net.outbound import Outbound

CLIENT = mcp.Implementation(name="Callbox", version="1.0")
_MAX_PAGES = 10
# It logs what servers answer, with tracebacks. What is of use to the operator is logged in `server.py`.
logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("httpx2").setLevel(logging.WARNING)

_Result = TypeVar("_Result", bound=mcp.Result)


class Session:
    """An open connection. Its methods may be called from any task. lost: set when it is of no more use."""

    def __init__(self, session: ClientSession, lost: asyncio.Event) -> None:
        self._session = session
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.lost = lost

    async def tools(self) -> list[mcp.Tool]:
        """The tools that the server lists; at most 10 pages. Raises: McpFault."""
        found: list[mcp.Tool] = []
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            params = mcp.PaginatedRequestParams(cursor=cursor) if cursor else None
            page = await self._asked(mcp.ListToolsRequest(params=params), mcp.ListToolsResult)
            found += page.tools
            if not (cursor := page.next_cursor):
                break
        return found

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> mcp.CallToolResult:
        """Calls a tool. Raises: McpFault."""
        params = mcp.CallToolRequestParams(name=tool, arguments=dict(arguments))
        self._running += 1
        self._idle.clear()
        try:
            # Not `ClientSession.call_tool`: it checks results with the server's schema, whose patterns may take long.
            return await self._asked(mcp.CallToolRequest(params=params), mcp.CallToolResult)
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def idle(self, seconds: float) -> None:
        """Waits until no tool is running any more, `seconds` at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            pass

    async def _asked(self, request: mcp.ClientRequest, result: type[_Result]) -> _Result:
        faults: list[McpFault] = []
        token = http_faults.set(faults)
        try:
            return await self._session.send_request(request, result)
        except MCPError as fault:
            if faults:
                raise faults[0] from None
            if fault.code == mcp.CONNECTION_CLOSED:
                detail = f"The connection to the MCP server broke: {fault.message}"
                raise McpFault("unavailable", detail, broken=True) from None
            raise McpFault("tool_error", f"The MCP server refused the request: {fault.message}") from None
        except ValidationError:
            raise McpFault("invalid_answer", "What the MCP server answered is not a result of a tool.") from None
        finally:
            http_faults.reset(token)


@asynccontextmanager
async def opened(
    server: McpServer, headers: Mapping[str, str], outbound: Outbound, lost: asyncio.Event
) -> AsyncIterator[Session]:
    """A connection that is open in the block. It must be entered and left in the same task.

    lost: is set when the connection is of no more use. Raises: McpFault, and what the client raises.
    """
    is_sse = server.transport == "sse"
    # It keeps nothing of its own open, so it needs no closing.
    network = httpx2.AsyncClient(
        transport=GuardedTransport(outbound, headers, server.timeout_seconds, is_sse, lost.set), trust_env=False
    )

    def as_made(
        headers: dict[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        return network

    streams = (
        sse_client(server.url, httpx_client_factory=as_made)
        if is_sse
        else streamable_http_client(server.url, http_client=network, max_sse_event_size=2 * MAX_ANSWER_BYTES)
    )
    # Servers of the older transport `sse` know the older protocol alone.
    mode = "legacy" if is_sse else "auto"
    faults: list[McpFault] = []
    http_faults.set(faults)
    try:
        async with Client(streams, mode=mode, cache=None, client_info=CLIENT) as client:
            # The first question, for the newest protocol, fails where a server knows older ones alone.
            faults.clear()
            yield Session(client.session, lost)
    except MCPError as fault:
        refused = McpFault("unavailable", f"The MCP server refused the connection: {fault.message}")
        raise (faults[-1] if faults else refused) from None
    except Exception as fault:
        raise (faults[-1] if faults else fault) from None
