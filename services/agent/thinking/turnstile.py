"""Sends a call's requests to a local language model one at a time, so that the model's cache for the call is used."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
from livekit.agents.utils.aio.channel import Chan

from services.kit.tasks import end

# llama.cpp frees a slot within this time after the last piece of an answer or after its connection was closed.
_FREED_SECONDS = 0.03
# Most pieces of an answer that wait to be read. An answer has one for each token.
_MAX_UNREAD_PIECES = 4096


class Turnstile(httpx2.AsyncBaseTransport):
    """An HTTP transport that sends a request only after the server has finished the one before.

    A server such as llama.cpp caches the conversations it has read in slots, and gives each request a free slot. While
    the slot of the call is still busy with a cancelled answer, the next request would get an empty slot, and the server
    would read the whole conversation again, which takes seconds. For the same reason a request that is cancelled before
    its answer began is not aborted: the server reads it to its end anyway, and the next request begins with the same
    text.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self._lock = asyncio.Lock()  # held while a request is at the server
        self._free_at = 0.0
        self._exchanges: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Waits for the turn, then sends the request. The caller must limit the wait."""
        await self._lock.acquire()
        try:
            await asyncio.sleep(max(0.0, self._free_at - asyncio.get_running_loop().time()))
        except asyncio.CancelledError:
            self._lock.release()
            raise
        exchange = _Exchange(self._transport, request, self._finished)
        self._exchanges.add(exchange.task)
        exchange.task.add_done_callback(self._exchanges.discard)
        try:
            head = await exchange.head
        except asyncio.CancelledError:
            exchange.give_up()
            raise
        return httpx2.Response(head.status_code, headers=head.headers, stream=exchange, extensions=head.extensions)

    def _finished(self) -> None:
        self._free_at = asyncio.get_running_loop().time() + _FREED_SECONDS
        self._lock.release()

    async def aclose(self) -> None:
        """Cancels running exchanges and closes the transport."""
        await end(*self._exchanges)
        await self._transport.aclose()


class _Exchange(httpx2.AsyncByteStream):
    """A request and its answer, in a separate task, because httpx closes a connection whose reader is cancelled.

    head: the response without its body. on_end: called when the exchange has ended.
    """

    def __init__(
        self, transport: httpx2.AsyncBaseTransport, request: httpx2.Request, on_end: Callable[[], None]
    ) -> None:
        self.head: asyncio.Future[httpx2.Response] = asyncio.get_running_loop().create_future()
        self._pieces = Chan[bytes](_MAX_UNREAD_PIECES)
        self._fault: Exception | None = None
        self._begun = self._given_up = False
        self._on_end = on_end
        self.task = asyncio.create_task(self._run(transport, request), name="language-model-exchange")

    async def _run(self, transport: httpx2.AsyncBaseTransport, request: httpx2.Request) -> None:
        try:
            response = await transport.handle_async_request(request)
            try:
                if not self.head.done():
                    self.head.set_result(response)
                await self._read(response)
            finally:
                await response.aclose()
        except Exception as fault:  # raised to the reader of the answer
            self._fault = fault
            if not self.head.done():
                self.head.set_exception(fault)
        finally:
            self.head.cancel()
            self._pieces.close()
            self._on_end()

    async def _read(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        async for piece in response.stream:
            if self._given_up:
                return
            self._begun = True
            self._pieces.send_nowait(piece)

    def give_up(self) -> None:
        """Drops the answer: cancels it if it has begun; otherwise only waits for its start."""
        self._given_up = True
        if self._begun:
            self.task.cancel()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            yield piece
        if self._fault:
            raise self._fault

    async def aclose(self) -> None:
        """Closes the answer; httpx also calls this when it was read to its end."""
        if not self.task.done():
            self.give_up()
