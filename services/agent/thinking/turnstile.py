"""One request at a time to a language model on the operator's machines, so that its cache of a call is used."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
from livekit.agents.utils.aio.channel import Chan

from services.kit.tasks import end

# llama.cpp frees a slot within this time after an answer's last piece. When an answer is given up, llama.cpp notices at
# its next token, and needs the time of some tokens more; how long a token takes depends on the machine.
_FREED_SECONDS = 0.03
_FREED_TOKENS = 3
_FREED_MAX_SECONDS = 1.0
# Pieces of an answer that wait to be read. An answer has one for each token.
_MAX_UNREAD_PIECES = 4096


class Turnstile(httpx2.AsyncBaseTransport):
    """Lets a request of a call through when the one before has left the server.

    A server such as llama.cpp keeps what it has read in slots and gives a request a slot that is free. While the slot
    of the call is busy with an answer that nobody wants, the next request gets one that knows nothing, and the whole
    conversation is read again, which takes seconds. For the same reason a request that is given up before its answer
    began is let read to its end: it cannot be stopped there, and the next one begins with the same words.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self._inside = asyncio.Lock()
        self._free_at = 0.0
        self._exchanges: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends a request in its turn. How long it waits for that is limited by whoever asks."""
        await self._inside.acquire()
        try:
            await asyncio.sleep(max(0.0, self._free_at - asyncio.get_running_loop().time()))
        except asyncio.CancelledError:
            self._inside.release()
            raise
        exchange = _Exchange(self._transport, request, self._leave)
        self._exchanges.add(exchange.task)
        exchange.task.add_done_callback(self._exchanges.discard)
        try:
            head = await exchange.head
        except asyncio.CancelledError:
            exchange.give_up()
            raise
        return httpx2.Response(head.status_code, headers=head.headers, stream=exchange, extensions=head.extensions)

    def _leave(self, token_seconds: float) -> None:
        busy = _FREED_SECONDS + min(_FREED_TOKENS * token_seconds, _FREED_MAX_SECONDS)
        self._free_at = asyncio.get_running_loop().time() + busy
        self._inside.release()

    async def aclose(self) -> None:
        """Ends what is still under way."""
        await end(*self._exchanges)
        await self._transport.aclose()


class _Exchange(httpx2.AsyncByteStream):
    """A request and its answer, in a task of its own: httpx closes a connection whose reader is cancelled.

    head: the answer's head. on_end: told when all is over, with the seconds that a token took at most where the answer
    was closed before its end, else 0.
    """

    def __init__(
        self, transport: httpx2.AsyncBaseTransport, request: httpx2.Request, on_end: Callable[[float], None]
    ) -> None:
        self.head: asyncio.Future[httpx2.Response] = asyncio.get_running_loop().create_future()
        self._pieces = Chan[bytes](_MAX_UNREAD_PIECES)
        self._fault: Exception | None = None
        self._given_up = False
        self._closed_early = False
        self._token_seconds = 0.0
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
        except Exception as fault:  # handed on to the request's reader
            self._fault = fault
            if not self.head.done():
                self.head.set_exception(fault)
        finally:
            self.head.cancel()
            self._pieces.close()
            self._on_end(self._token_seconds if self._closed_early else 0.0)

    async def _read(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        loop = asyncio.get_running_loop()
        before = None
        async for piece in response.stream:
            now = loop.time()
            if before is not None:
                self._token_seconds = max(self._token_seconds, now - before)
                if self._given_up:
                    self._closed_early = True
                    return
            before = now
            self._pieces.send_nowait(piece)

    def give_up(self) -> None:
        """The answer is not wanted any more: it is closed at its next piece, the second at the earliest."""
        self._given_up = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            yield piece
        if self._fault:
            raise self._fault

    async def aclose(self) -> None:
        """Ends the answer; called when it was read, too."""
        if not self.task.done():
            self.give_up()
