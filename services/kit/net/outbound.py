"""The one HTTP client for URLs that somebody else gave us (contract 14.9).

http and https only; every address of a name is judged, and the one connected to is one of those; every redirect is
judged again; nothing is larger or slower than its caller allows; no proxy, cookie or credential of ours is used.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Self
from urllib.parse import urljoin

import httpcore
import httpx

from services.kit.net.decoding import BadEncoding, Decoding, OverLimit
from services.kit.net.resolver import Resolve, SystemResolver
from services.kit.net.url_policy import Address, Allowances, BadUrl, Target, judge, read_url

MAX_REDIRECTS = 3
_MAX_CONNECTIONS = 512
_MAX_ADDRESSES_TRIED = 4
# An address that swallows packets gets this long before the next one is tried.
_CONNECT_SECONDS = 3.0
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_USER_AGENT = "Callbox/1.0"
_ACCEPTED_ENCODINGS = "gzip, deflate, br"
# What a caller gives us for one origin and another origin may know as well.
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
# Ours to set: what frames the message or says whom it is for.
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
    """A request that brought no answer. str: one sentence for whoever gave the URL; code: stable, for a program."""

    code: ClassVar[str]


class Refused(OutboundError):
    """Nothing was sent: the URL, an address behind it, a redirect or a header is not allowed."""

    code = "refused"


class TooLarge(OutboundError):
    """The body is longer than the caller allows, as received or decompressed."""

    code = "too_large"


class TimedOut(OutboundError):
    """The whole exchange, names and redirects included, did not end in time."""

    code = "timeout"


class Failed(OutboundError):
    """The name or the server cannot be reached, or what it answers is no HTTP."""

    code = "failed"


@dataclass(frozen=True)
class Answer:
    """What a server answered. url: the last one asked. body: decompressed."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str


@dataclass(frozen=True)
class Stream:
    """An answer whose body is read piece by piece, inside the block of `Outbound.stream`.

    pieces: the decompressed body in pieces of at most 64 KiB, to be walked once; raises TooLarge, Failed.
    """

    status: int
    headers: httpx.Headers
    url: str
    pieces: AsyncGenerator[bytes, None]


class Outbound:
    """An HTTP client that reaches public addresses, and what the operator lists, alone. `async with` opens it."""

    def __init__(
        self,
        allowed: str | Sequence[str] | Allowances = (),
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        keepalive_seconds: float = 0.0,
    ) -> None:
        """allowed: the operator's list of private networks and hosts, as the setting spells it.

        tls: instead of the usual certificate authorities (`SSL_CERT_FILE` is honoured). keepalive_seconds: how long a
        connection waits for the next request to its origin; none, so that names are resolved for every request.
        Raises: ValueError for an entry of `allowed` that cannot be read.
        """
        self._allowed = allowed if isinstance(allowed, Allowances) else Allowances.parse(allowed)
        self._system = SystemResolver() if resolve is None else None
        resolving = resolve or self._system
        assert resolving is not None
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=_MAX_CONNECTIONS if keepalive_seconds else 0,
            keepalive_expiry=keepalive_seconds,
            network_backend=_Network(self._allowed, resolving),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()
        if self._system is not None:
            self._system.close()

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
        """Asks and reads the whole answer, whatever its status.

        deadline_seconds: for all of it, names and redirects included. max_bytes: of the body, as received and as
        decompressed. follow_redirects: 0 to 3; beyond it the request is refused, with 0 a redirect is the answer.
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
        """Gets a URL and writes the body of a 2xx answer into the file; the answer's own body is empty.

        Raises: as `request`; what was written until then stays written.
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
        """As `request`, with the body still to be read; what happens inside the block counts against the deadline."""
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


@dataclass(frozen=True)
class _Hop:
    """One request of a chain of redirects."""

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
        return cls(method.upper(), _judged(url, allowed), lowered, content)

    def onward(self, status: int, answered: httpx.Headers, allowed: Allowances) -> _Hop | None:
        """The next request, if this answer asks for one (RFC 9110, 15.4)."""
        locations = answered.get_list("location")
        if status not in _REDIRECTS or not locations:
            return None
        if len(set(locations)) > 1:
            raise Refused(f"{self.target.host} redirects to several places at once.")
        target = _judged(_resolved(self.target.url, locations[0]), allowed)
        method, content, headers = self.method, self.content, dict(self.headers)
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, content = "GET", None
            headers = {name: value for name, value in headers.items() if name not in _OF_THE_BODY}
        if target.origin != self.target.origin:
            headers = {name: value for name, value in headers.items() if name in _CARRIED_ACROSS_ORIGINS}
        return _Hop(method, target, headers, content)

    def message_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers of the message, framing included."""
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
    """Connects to a checked address of a name; TLS and `Host` go on by the name."""

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
        """Resolves once, judges all that came, and tries those addresses in turn."""
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
    """The body, undone and counted."""
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
    """Faults of the network as ours. A fault of our own that passed through is left alone."""
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


def _judged(url: str, allowed: Allowances) -> Target:
    try:
        target = read_url(url)
        judge(target, allowed)
    except BadUrl as fault:
        raise Refused(f"The URL {fault}.") from None
    return target


def _resolved(base: str, location: str) -> str:
    """A `Location` against the URL it came from. Blanks, which many servers send, are encoded."""
    try:
        return urljoin(base, location.strip(" \t").replace(" ", "%20"))
    except ValueError:
        return location
