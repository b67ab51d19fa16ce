"""One MCP server during a call: opens the connection, opens it again when it is lost, and calls the server's tools."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import mcp_types as mcp
import structlog
import tenacity

from services.agent.tools.mcp.faults import McpFault
from services.agent.tools.mcp.result import outcome_of
from services.agent.tools.mcp.session import Session, opened
from services.agent.tools.tool import Arguments, Outcome, failure
from services.kit.character_definition.tools import McpServer
from services.kit.errors import CallboxError
from services.kit.net.outbound import Outbound
from services.kit.tasks import end

# The headers of every request. Raises: CallboxError when their secrets cannot be read.
Headers = Callable[[], Awaitable[Mapping[str, str]]]
# A connection that was open for this long is opened again at once.
_LASTING_SECONDS = 60.0
# How long a tool waits for a server that could not be reached before.
_AGAIN_SECONDS = 3.0
# How long a lost connection is kept for calls that still run on it.
_IDLE_SECONDS = 1.0
_CLOSE_SECONDS = 2.0
_WAIT = tenacity.wait_exponential(multiplier=0.5, max=30.0) + tenacity.wait_random(0.0, 0.5)
_log = structlog.get_logger(__name__)


class Server(Protocol):
    """An MCP server as its tools use it."""

    def start(self) -> None:
        """Begins to connect, in the background."""
        ...

    async def call(self, tool: str, arguments: Arguments) -> Outcome:
        """Calls a tool of the server; never raises, except CancelledError."""
        ...

    def schema(self, tool: str) -> Mapping[str, Any] | None:
        """The schema of a tool's arguments as the server lists it; None until it is known."""
        ...

    async def close(self) -> None:
        """Closes the connection, within a few seconds."""
        ...


class SessionServer:
    """A server of the transport `streamable_http` or `sse`. One task owns its connection."""

    def __init__(self, config: McpServer, headers: Headers, outbound: Outbound) -> None:
        self._config = config
        self._headers = headers
        self._outbound = outbound
        self._schemas: dict[str, Mapping[str, Any]] = {}
        # What the newest attempt to connect came to.
        self._attempt: asyncio.Future[Session | McpFault] = asyncio.get_running_loop().create_future()
        self._failed_before = False
        # Set when the newest connection is of no more use.
        self._lost = asyncio.Event()
        self._wanted = asyncio.Event()
        self._closing = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to connect, in the background."""
        self._owner = asyncio.create_task(self._keep_open(), name=f"mcp server {self._config.name}")

    async def call(self, tool: str, arguments: Arguments) -> Outcome:
        """Calls a tool of the server. A request that a forgotten session refused is sent once more in a new one."""
        seconds = self._config.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                try:
                    return outcome_of(await self._called(tool, arguments))
                except McpFault as fault:
                    if not fault.session_gone:
                        raise
                return outcome_of(await self._called(tool, arguments))
        except McpFault as fault:
            return failure(fault.code, str(fault))
        except TimeoutError:
            if self._config.transport == "sse" and self._is_open():
                # An event stream that broke without a word looks like a slow tool.
                self._lost.set()
            return failure("timeout", f"The MCP server did not answer within {seconds:g} seconds.")

    def schema(self, tool: str) -> Mapping[str, Any] | None:
        """The schema of a tool's arguments as the server lists it; None until it is known."""
        return self._schemas.get(tool)

    async def close(self) -> None:
        """Ends the session on the server and closes the connection. Takes two seconds at most."""
        self._closing.set()
        self._lost.set()
        self._wanted.set()
        if self._owner is not None:
            if self._attempt.done():
                await asyncio.wait([self._owner], timeout=_CLOSE_SECONDS)
            await end(self._owner)

    async def _called(self, tool: str, arguments: Arguments) -> mcp.CallToolResult:
        session = await self._session()
        try:
            return await session.call(tool, arguments)
        except McpFault as fault:
            if fault.session_gone or fault.broken:
                session.lost.set()
            raise

    async def _session(self) -> Session:
        """The open connection. Waits for one that is being made. Raises: McpFault."""
        if not self._is_open():
            self._wanted.set()
            if self._attempt.done():
                self._attempt = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_AGAIN_SECONDS if self._failed_before else None):
                found = await asyncio.shield(self._attempt)
        except TimeoutError:
            raise McpFault("unavailable", "The MCP server cannot be reached now.") from None
        if isinstance(found, McpFault):
            raise found
        return found

    def _is_open(self) -> bool:
        if not self._attempt.done():
            return False
        found = self._attempt.result()
        return isinstance(found, Session) and not found.lost.is_set()

    async def _keep_open(self) -> None:
        while not self._closing.is_set():
            async for attempt in tenacity.AsyncRetrying(
                wait=_WAIT, sleep=self._pause, retry=tenacity.retry_if_exception_type(_Away)
            ):
                with attempt:
                    await self._hold()

    async def _pause(self, seconds: float) -> None:
        """Waits before the next attempt; ends early when a tool wants the server."""
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            pass

    async def _hold(self) -> None:
        """Connects, and returns once a connection that lasted is lost. Raises: _Away."""
        if self._closing.is_set():
            return
        clock = asyncio.get_running_loop().time
        lost = self._lost = asyncio.Event()
        opened_at: float | None = None
        fault: BaseException | None = None
        try:
            async with asyncio.timeout(self._config.timeout_seconds) as deadline:
                headers = await self._headers()
                async with opened(self._config, headers, self._outbound, lost) as session:
                    self._schemas = {tool.name: tool.input_schema for tool in await session.tools()}
                    deadline.reschedule(None)
                    opened_at = clock()
                    if self._failed_before:
                        _log.info("an MCP server is back", server=self._config.name)
                    self._settle(session)
                    await lost.wait()
                    if not self._closing.is_set():
                        # Other calls learn by themselves that the session is gone, and are sent again.
                        await session.idle(_IDLE_SECONDS)
        except TimeoutError:
            fault = McpFault("timeout", "The MCP server did not answer the greeting in time.")
        except CallboxError as refused:
            fault = McpFault("unavailable", f"The headers of the MCP server cannot be read: {refused.message}")
        except Exception as broken:
            fault = broken
        if self._closing.is_set():
            return
        self._tell_of_loss(fault)
        if opened_at is None:
            self._settle(fault if isinstance(fault, McpFault) else McpFault("unavailable", "The connection failed."))
        lost.set()
        if opened_at is None or clock() - opened_at < _LASTING_SECONDS:
            raise _Away

    def _tell_of_loss(self, fault: BaseException | None) -> None:
        """Logs the first of several failures in a row."""
        if self._failed_before:
            return
        why = "it was closed"
        if fault is not None:
            # Messages of other exceptions may hold the URL, and with it a secret.
            why = str(fault)[:300] if isinstance(fault, McpFault) else type(fault).__name__
        _log.warning("an MCP server is away; the connection is made again", server=self._config.name, fault=why)

    def _settle(self, found: Session | McpFault) -> None:
        """Tells those who wait what the attempt came to."""
        self._wanted.clear()
        self._failed_before = isinstance(found, McpFault)
        if self._attempt.done():
            self._attempt = asyncio.get_running_loop().create_future()
        self._attempt.set_result(found)


class _Away(Exception):
    """The server cannot be reached, or the connection did not last."""
