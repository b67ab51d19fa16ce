"""The HTTP client for URLs from customers; protects against SSRF (contract 14.9).

Allows http and https only. Checks every address that a name resolves to, and connects to one of those. Checks every
redirect again. Limits time and size as the caller asks. Uses no proxy, no cookies and no credentials of the server.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO, Self

import httpcore
import httpx

from services.kit.net.checked_network import CheckedNetwork
from services.kit.net.content_encoding import BadEncoding, Decoding, OverLimit
from services.kit.net.hop import Hop
from services.kit.net.outbound_errors import Failed, OutboundError, Refused, TimedOut, TooLarge
from services.kit.net.resolver import Resolve, Resolver
from services.kit.net.url_policy import Allowances, Target

# Errors are part of the client's interface.
__all__ = ["Answer", "Failed", "Outbound", "OutboundError", "Refused", "Stream", "TimedOut", "TooLarge"]
MAX_REDIRECTS = 3
_MAX_CONNECTIONS = 512


@dataclass(frozen=True)
class Answer:
    """A server's response. url: after redirects. body: decompressed."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str


@dataclass(frozen=True)
class Stream:
    """A response whose body is read in pieces, inside the block of `Outbound.stream`.

    pieces: the decompressed body in pieces of at most 64 KiB; can be read once. Raises: TooLarge, Failed.
    """

    status: int
    headers: httpx.Headers
    url: str
    pieces: AsyncGenerator[bytes, None]


class Outbound:
    """An HTTP client that only connects to public addresses and those the operator lists. Use with `async with`.

    Each has its own bounds: 512 connections, and the lookups of its resolver. What must not wait for another use gets a
    client of its own.
    """

    def __init__(
        self,
        allowed: str | Sequence[str] | Allowances = (),
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        keepalive_seconds: float = 0.0,
    ) -> None:
        """allowed: the operator's list of private networks and hosts, as the setting spells it.

        tls: replaces the default certificate authorities (`SSL_CERT_FILE` is honoured). keepalive_seconds: how long an
        idle connection is kept; 0 closes it, so that names are resolved for every request.
        Raises: ValueError for an invalid entry of `allowed`.
        """
        self._allowed = allowed if isinstance(allowed, Allowances) else Allowances.parse(allowed)
        self._resolver = Resolver() if resolve is None else None
        resolving = resolve or self._resolver
        assert resolving is not None
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or _system_tls(),
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=_MAX_CONNECTIONS if keepalive_seconds else 0,
            keepalive_expiry=keepalive_seconds,
            network_backend=CheckedNetwork(self._allowed, resolving),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()
        if self._resolver is not None:
            await self._resolver.close()

    @property
    def allowed(self) -> Allowances:
        """The operator's list, for `url_faults`."""
        return self._allowed

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline_seconds: float,
        max_bytes: int,
        follow_redirects: int = MAX_REDIRECTS,
    ) -> Answer:
        """Sends a request and reads the whole response, whatever its status.

        deadline_seconds: for everything, with DNS and redirects. max_bytes: of the body, as received and as
        decompressed. follow_redirects: 0 to 3; more redirects are refused, and with 0 the redirect is the response.
        Raises: Refused, TooLarge, TimedOut, Failed.
        """
        async with self.stream(
            method,
            url,
            headers=headers,
            content=content,
            deadline_seconds=deadline_seconds,
            max_bytes=max_bytes,
            follow_redirects=follow_redirects,
        ) as stream:
            body = b"".join([piece async for piece in stream.pieces])
        return Answer(stream.status, stream.headers, body, stream.url)

    async def download(
        self,
        url: str,
        file: BinaryIO,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float,
        max_bytes: int,
        follow_redirects: int = MAX_REDIRECTS,
    ) -> Answer:
        """Gets a URL and writes the body of a 2xx response into the file; the returned body is empty.

        Raises: as `request`; the file then holds what was read so far.
        """
        async with self.stream(
            "GET",
            url,
            headers=headers,
            deadline_seconds=deadline_seconds,
            max_bytes=max_bytes,
            follow_redirects=follow_redirects,
        ) as stream:
            if 200 <= stream.status < 300:
                async for piece in stream.pieces:
                    file.write(piece)
        return Answer(stream.status, stream.headers, b"", stream.url)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline_seconds: float,
        max_bytes: int,
        follow_redirects: int = MAX_REDIRECTS,
        deadline_ends_with_head: bool = False,
    ) -> AsyncIterator[Stream]:
        """As `request`, but the body is read inside the block, which counts against the deadline.

        deadline_ends_with_head: the deadline covers everything up to the response's headers, and none covers the block.
        """
        hop = Hop.first(method, url, headers or {}, content, self._allowed)
        left = min(follow_redirects, MAX_REDIRECTS)
        try:
            async with asyncio.timeout(deadline_seconds) as deadline:
                while True:
                    with _errors(hop.target):
                        async with self._pool.stream(
                            hop.method.encode("ascii"),
                            httpcore.URL(
                                scheme=hop.target.scheme.encode(),
                                host=hop.target.host.encode(),
                                port=hop.target.port,
                                target=hop.target.resource.encode(),
                            ),
                            headers=hop.message_headers(),
                            content=hop.content,
                        ) as response:
                            answered = httpx.Headers(response.headers)
                            onward = hop.onward(response.status, answered, self._allowed) if follow_redirects else None
                            if onward is None:
                                if deadline_ends_with_head:
                                    deadline.reschedule(None)
                                async with aclosing(_pieces(hop.method, response, answered, max_bytes)) as pieces:
                                    yield Stream(response.status, answered, hop.target.url, pieces)
                                return
                    if left == 0:
                        raise Refused(
                            f"{hop.target.host} redirects more than {min(follow_redirects, MAX_REDIRECTS)} times."
                        )
                    left -= 1
                    hop = onward
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TimedOut(f"{hop.target.host} did not answer within {deadline_seconds:g} seconds.") from None


@cache
def _system_tls() -> ssl.SSLContext:
    """The default certificate authorities; reading them takes 0.2 s."""
    return httpx.create_ssl_context()


async def _pieces(
    method: str, response: httpcore.Response, headers: httpx.Headers, max_bytes: int
) -> AsyncGenerator[bytes, None]:
    """The decompressed body, with its limit checked."""
    if method == "HEAD":
        return
    with _decoding_errors():
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > max_bytes:
            raise OverLimit(f"the body is longer than {max_bytes} bytes")
        decoding = Decoding(",".join(headers.get_list("content-encoding")), max_bytes)
    async for received in response.aiter_stream():
        with _decoding_errors():
            for piece in decoding.feed(received):
                yield piece
    with _decoding_errors():
        decoding.finish()


@contextmanager
def _decoding_errors() -> Iterator[None]:
    try:
        yield
    except OverLimit as fault:
        raise TooLarge(f"The answer is too large: {fault}.") from None
    except BadEncoding as fault:
        raise Failed(f"The answer cannot be read: {fault}.") from None


@contextmanager
def _errors(target: Target) -> Iterator[None]:
    """Maps exceptions of httpcore to those of this module."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout):
        raise Failed(f"{target.host} cannot be reached, or its certificate is not good.") from None
    except (httpcore.NetworkError, httpcore.TimeoutException):
        raise Failed(f"The connection to {target.host} broke.") from None
    except httpcore.LocalProtocolError:
        raise Refused("The method or a header is not one that HTTP can carry.") from None
    except httpcore.ProtocolError:
        raise Failed(f"What {target.host} answered is not valid HTTP.") from None
