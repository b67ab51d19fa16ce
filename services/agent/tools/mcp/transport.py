"""Sends the HTTP requests of the MCP client through the guarded client for URLs of customers (contract 14.9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing

import httpx2

from services.agent.tools.mcp.faults import McpFault, json_rpc_error, note, of_outbound, of_status
from services.kit.net.outbound import Outbound, OutboundError, Stream

MAX_ANSWER_BYTES = 2 * 1024 * 1024
# Of an event stream that stays open for the whole call. It is opened again after that.
_MAX_STREAM_BYTES = 32 * 1024 * 1024
# Of one connection.
_MAX_RESUMED = 100
_CLOSE_SECONDS = 1.5
_SESSION = "mcp-session-id"
# Headers that the guarded client sets itself.
_SET_BELOW = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "accept-encoding", "user-agent"}
)
# The body is passed on decompressed. Cookies are not kept.
_NOT_PASSED_ON = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})


class GuardedTransport(httpx2.AsyncBaseTransport):
    """The network of one connection to an MCP server.

    headers: of every request; those of the protocol replace them. seconds: deadline of one exchange. listens: whether
    the server's answers come over one event stream (the transport `sse`); in the other transport such a stream carries
    nothing that is needed, and it is not opened. lost: called when the connection is of no more use.
    """

    def __init__(
        self, outbound: Outbound, headers: Mapping[str, str], seconds: float, listens: bool, lost: Callable[[], None]
    ) -> None:
        self._outbound = outbound
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._seconds = seconds
        self._listens = listens
        self._lost = lost
        self._resumed = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends a request. One that fails is answered with 502: an exception would end the whole connection."""
        is_stream = self._listens and request.method == "GET"
        if request.method == "GET" and not is_stream and not self._may_resume(request):
            return httpx2.Response(405)
        own = {name: value for name, value in request.headers.items() if name not in _SET_BELOW}
        seconds = _CLOSE_SECONDS if request.method == "DELETE" else self._seconds
        ends_at = None if is_stream else asyncio.get_running_loop().time() + seconds
        async with AsyncExitStack() as stack:
            try:
                answered = await stack.enter_async_context(
                    self._outbound.stream(
                        request.method,
                        str(request.url),
                        headers={**self._headers, **own},
                        content=await request.aread() or None,
                        deadline_seconds=seconds,
                        max_bytes=_MAX_STREAM_BYTES if is_stream else MAX_ANSWER_BYTES,
                        deadline_ends_with_head=True,
                    )
                )
                pieces = _in_time(answered, ends_at)
                headers = [(name, value) for name, value in answered.headers.items() if name not in _NOT_PASSED_ON]
                if answered.status < 300 and "event-stream" in answered.headers.get("content-type", ""):
                    held = stack.pop_all()
                    ended = self._lost if is_stream else _nothing
                    return httpx2.Response(answered.status, headers=headers, stream=_Body(held, pieces, ended))
                body = b"".join([piece async for piece in pieces])
            except OutboundError as fault:
                self._failed(of_outbound(fault))
                return httpx2.Response(502)
        if answered.status >= 300:
            gone = answered.status == 404 and (self._listens or _SESSION in request.headers)
            if gone:
                self._failed(McpFault("unavailable", "The MCP server has ended the session.", session_gone=True))
                self._lost()
            elif json_rpc_error(body) is None:
                self._failed(of_status(answered.status, body, answered.headers.get("content-type", "")))
        return httpx2.Response(answered.status, headers=headers, content=body)

    def _may_resume(self, request: httpx2.Request) -> bool:
        """Whether a GET goes on with an answer that broke off. A server may break off its answers without end."""
        self._resumed += 1
        return "last-event-id" in request.headers and self._resumed <= _MAX_RESUMED

    def _failed(self, fault: McpFault) -> None:
        note(fault)
        # The client for `sse` sends nothing more after a request that failed.
        if self._listens:
            self._lost()


class _Body(httpx2.AsyncByteStream):
    """The body of an event stream."""

    def __init__(self, held: AsyncExitStack, pieces: AsyncGenerator[bytes, None], ended: Callable[[], None]) -> None:
        self._held = held
        self._pieces = pieces
        self._ended = ended

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async with aclosing(self._pieces):
                async for piece in self._pieces:
                    yield piece
        except OutboundError as fault:
            note(of_outbound(fault))
            raise httpx2.ReadError(str(fault)) from None
        finally:
            self._ended()

    async def aclose(self) -> None:
        await self._held.aclose()


async def _in_time(answered: Stream, ends_at: float | None) -> AsyncGenerator[bytes, None]:
    """The pieces of a body that come before the deadline, on the clock of the event loop. Raises: OutboundError."""
    while True:
        try:
            async with asyncio.timeout_at(ends_at):
                piece = await anext(answered.pieces, None)
        except TimeoutError:
            raise _TooLate("The MCP server did not send its whole answer in time.") from None
        if piece is None:
            return
        yield piece


class _TooLate(OutboundError):
    code = "timeout"


def _nothing() -> None:
    pass
