"""A load generator for HTTP/1.1 over persistent connections, light enough for one core."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import httptools

CONNECT_SECONDS = 5.0
# Deadline of one answer.
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Request:
    """The whole request as bytes, and the expected status."""

    wire: bytes
    status: int

    @classmethod
    def of(cls, method: str, path: str, status: int, body: bytes = b"", **headers: str) -> "Request":
        """A request from its parts; underscores in names of headers are hyphens."""
        lines = [f"{method} {path} HTTP/1.1", "host: bench"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines += ["content-type: application/json", f"content-length: {len(body)}"]
        return cls("\r\n".join([*lines, "", ""]).encode() + body, status)


@dataclass
class Load:
    """The result of a load. latencies_ms: of right answers only. wrong: status (0 for a broken connection) → count."""

    clients: int
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    wrong: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Right answers a second."""
        return len(self.latencies_ms) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    body: bytes


class Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()

    @classmethod
    async def connect(cls, host: str, port: int) -> "Client":
        """A client of a server. Raises: OSError, TimeoutError."""
        async with asyncio.timeout(CONNECT_SECONDS):
            _, client = await asyncio.get_running_loop().create_connection(cls, host, port)
        return client

    def close(self) -> None:
        """Closes the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transport is not a subclass

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), bytes(self._body)))
        self._body.clear()
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: Request) -> Answer:
        """Sends a request and returns the answer. Raises: OSError, TimeoutError."""
        if self._transport is None:
            raise ConnectionResetError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request.wire)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._answer


async def drive(host: str, port: int, following: Callable[[], Request], clients: int, seconds: float) -> Load:
    """Runs a load: each client sends its next request when it has its answer. following: returns the next request."""
    load = Load(clients)
    began = time.perf_counter()
    await asyncio.gather(*(_drive_one(host, port, following, began + seconds, load) for _ in range(clients)))
    load.seconds = time.perf_counter() - began
    return load


async def _drive_one(host: str, port: int, following: Callable[[], Request], until: float, load: Load) -> None:
    client = await Client.connect(host, port)
    try:
        while (sent := time.perf_counter()) < until:
            request = following()
            try:
                answer = await client.ask(request)
            except (OSError, TimeoutError):
                load.wrong[0] += 1
                client.close()
                client = await Client.connect(host, port)
                continue
            if answer.status == request.status:
                load.latencies_ms.append((time.perf_counter() - sent) * 1000.0)
            else:
                load.wrong[answer.status] += 1
    finally:
        client.close()
