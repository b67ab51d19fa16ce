"""Requests as bytes on a socket, for what no HTTP client would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import h11
import httpx

if TYPE_CHECKING:
    from tests.http.site import Site

_ANSWER_SECONDS = 20.0
_READ_BYTES = 65_536


async def send(site: Site, *parts: bytes, end: bool = False) -> httpx.Response | None:
    """Sends the parts and reads the answer; None when the gateway closes without one. end: no more will come."""
    reader, writer = await connect(site)
    try:
        return await exchange(reader, writer, parts, end=end)
    finally:
        await close(writer)


async def connect(site: Site) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the gateway."""
    address = urlsplit(site.base_url)
    return await asyncio.open_connection(address.hostname, address.port)


async def close(writer: asyncio.StreamWriter) -> None:
    """Closes a connection, whatever became of it."""
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return


async def exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    parts: Iterable[bytes] | AsyncIterable[bytes],
    *,
    end: bool = False,
) -> httpx.Response | None:
    """Sends the parts while it waits for the answer."""
    sending = asyncio.create_task(_send(writer, parts, end=end))
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await _answer(reader)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(writer: asyncio.StreamWriter, parts: Iterable[bytes] | AsyncIterable[bytes], *, end: bool) -> None:
    try:
        if isinstance(parts, AsyncIterable):
            async for part in parts:
                writer.write(part)
                await writer.drain()
        else:
            for part in parts:
                writer.write(part)
                await writer.drain()
        if end:
            writer.write_eof()
    except OSError:
        return  # the gateway has heard enough


async def _answer(reader: asyncio.StreamReader) -> httpx.Response | None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    connection.send(h11.EndOfMessage())
    head: h11.Response | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            try:
                data = await reader.read(_READ_BYTES)
            except OSError:
                return None
            if not data and head is None:
                return None
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return httpx.Response(head.status_code, headers=list(head.headers), content=body)
        elif not isinstance(event, h11.InformationalResponse):
            return None
