"""The HTTP client for URLs from customers; protects against SSRF (contract 14.9).

Allows http and https only. Checks every address that a name resolves to, and connects to one of those. Checks every
redirect again. Limits time and size as the caller asks. Uses no proxy, no cookies and no credentials of the server.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO, ClassVar, Self
from urllib.parse import urljoin

import httpcore
import httpx

from services.kit.net.content_encoding import BadEncoding, Decoding, OverLimit
from services.kit.net.resolver import Resolve, Resolver
from services.kit.net.url_policy import Address, Allowances, BadUrl, Target, judge, read_url

MAX_REDIRECTS = 3
_MAX_CONNECTIONS = 512
_MAX_ADDRESSES_TRIED = 4
# Time limit for one address before the next one is tried.
_CONNECT_SECONDS = 3.0
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_USER_AGENT = "Callbox/1.0"
_ACCEPTED_ENCODINGS = "gzip, deflate, br"
# Headers that a redirect to another origin keeps.
_CARRIED_ACROSS_ORIGINS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-type",
        "content-language",
        "content-encoding",
        "user-agent",
    }
)
_OF_THE_BODY = frozenset({"content-type", "content-language", "content-encoding", "content-location"})
# Headers that the client sets itself: framing, connection and host.
_RESERVED = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-authorization",
        "proxy-connection",
    }
)


class OutboundError(Exception):
    """A request without an answer. str: a sentence for whoever gave the URL. code: stable, for programs."""

    code: ClassVar[str]


class Refused(OutboundError):
    """Nothing was sent: the URL, an address behind it, a redirect or a header is not allowed."""

    code = "refused"


class TooLarge(OutboundError):
    """The body is longer than the caller allows, as received or decompressed."""

    code = "too_large"


class TimedOut(OutboundError):
    """The request, with DNS and redirects, did not finish in time."""

    code = "timeout"


class Failed(OutboundError):
    """The name cannot be resolved, the server cannot be reached, or its answer is not valid HTTP."""

    code = "failed"


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
            network_backend=_Network(self._allowed, resolving),
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
    ) -> AsyncIterator[Stream]:
        """As `request`, but the body is read inside the block, which counts against the deadline."""
        hop = _Hop.first(method, url, headers or {}, content, self._allowed)
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


@dataclass(frozen=True)
class _Hop:
    """One request in a chain of redirects."""

    method: str
    target: Target
    headers: Mapping[str, str]
    content: bytes | None

    @classmethod
    def first(
        cls, method: str, url: str, headers: Mapping[str, str], content: bytes | None, allowed: Allowances
    ) -> _Hop:
        if method.upper() not in _METHODS:
            raise Refused(f"The method must be one of {', '.join(_METHODS)}.")
        lowered = {name.lower(): value for name, value in headers.items()}
        if reserved := sorted(_RESERVED & lowered.keys()):
            raise Refused(f"The header {reserved[0]} cannot be set; leave it out.")
        return cls(method.upper(), _checked(url, allowed), lowered, content)

    def onward(self, status: int, answered: httpx.Headers, allowed: Allowances) -> _Hop | None:
        """The next request, if this response is a redirect (RFC 9110, 15.4)."""
        locations = answered.get_list("location")
        if status not in _REDIRECTS or not locations:
            return None
        if len(set(locations)) > 1:
            raise Refused(f"{self.target.host} redirects to several places at once.")
        target = _checked(_resolved(self.target.url, locations[0]), allowed)
        method, content, headers = self.method, self.content, dict(self.headers)
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, content = "GET", None
            headers = {name: value for name, value in headers.items() if name not in _OF_THE_BODY}
        if target.origin != self.target.origin:
            headers = {name: value for name, value in headers.items() if name in _CARRIED_ACROSS_ORIGINS}
        return _Hop(method, target, headers, content)

    def message_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers of the request, framing included."""
        headers = {"user-agent": _USER_AGENT, "accept": "*/*", "accept-encoding": _ACCEPTED_ENCODINGS, **self.headers}
        if self.content is not None or self.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(self.content or b""))
        try:
            return [
                (b"host", self.target.authority.encode("ascii")),
                *((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()),
            ]
        except UnicodeEncodeError:
            raise Refused("A header contains characters that HTTP cannot carry; encode them.") from None


class _Network(httpcore.AsyncNetworkBackend):
    """Connects to a checked address of a name; TLS and `Host` use the name."""

    def __init__(self, allowed: Allowances, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolves the name once, checks all addresses, and tries them in turn."""
        addresses = await self._addresses(host)
        fault: Exception = httpcore.ConnectError("no address")
        for address in addresses[:_MAX_ADDRESSES_TRIED]:
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout=_CONNECT_SECONDS, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                fault = failed
        raise fault

    async def _addresses(self, host: str) -> list[Address]:
        literal = read_url(f"http://[{host}]/" if ":" in host else f"http://{host}/").address
        if literal is not None:
            addresses = [literal]
        else:
            try:
                addresses = await self._resolve(host)
            except OSError:
                raise Failed(f"The name {host} cannot be resolved.") from None
        if not addresses:
            raise Failed(f"The name {host} cannot be resolved.")
        if not self._allowed.names(host) and not all(self._allowed.permits(address) for address in addresses):
            raise Refused(f"{host} leads to an address that is not public; the operator may list it.")
        return addresses


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


def _checked(url: str, allowed: Allowances) -> Target:
    try:
        target = read_url(url)
        judge(target, allowed)
    except BadUrl as fault:
        raise Refused(f"The URL {fault}.") from None
    return target


def _resolved(base: str, location: str) -> str:
    """The absolute URL of a `Location`. Spaces, which many servers send, are encoded."""
    try:
        return urljoin(base, location.strip(" \t").replace(" ", "%20"))
    except ValueError:
        return location
