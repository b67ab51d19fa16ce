"""Contract 14.9: requests to URLs given by somebody else, against real listeners and a real DNS server."""

import asyncio
import gzip
import io
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import brotli
import pytest
import pytest_asyncio

from services.kit.net.outbound import Answer, Failed, Outbound, OutboundError, Refused, TimedOut, TooLarge
from tests.fixtures.certificates import make_certificates
from tests.fixtures.dns import DnsServer, dns_server
from tests.fixtures.hostile_urls import NAMES, PRIVATE, TRICKS
from tests.fixtures.wire import Asked, Wire, answer, listening, say

_LOOPBACK = ("127.0.0.0/8", "::1/128")
_SECONDS = 10.0
_LIMIT = 1_000_000


async def get(outbound: Outbound, url: str, **options: object) -> Answer:
    arguments: dict[str, object] = {"deadline_seconds": _SECONDS, "max_bytes": _LIMIT, **options}
    return await outbound.request(str(arguments.pop("method", "GET")), url, **arguments)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def loopback_names() -> AsyncIterator[DnsServer]:
    """Every name there is leads to this machine."""
    async with dns_server(lambda _, __: ["127.0.0.1", "::1"]) as names:
        yield names


# Refused before a connection


@pytest_asyncio.fixture
async def trap() -> AsyncIterator[Wire]:
    """Whoever gets through to this machine, by whatever address of it, is counted."""
    async with listening(say, hosts=("0.0.0.0", "::")) as wire:
        yield wire


async def test_no_row_of_the_table_brings_a_connection(trap: Wire, loopback_names: DnsServer) -> None:
    rows = [*PRIVATE, *TRICKS, *NAMES]
    assert len(rows) >= 60
    async with Outbound(resolve=loopback_names.resolve) as outbound:
        for row in rows:
            with pytest.raises(Refused) as refused:
                await get(outbound, row.format(port=trap.port))
            assert refused.value.code == "refused", row
    assert trap.connections == 0
    # The trap does catch: with the network listed the same client, names and URLs come through.
    async with Outbound(_LOOPBACK, resolve=loopback_names.resolve) as outbound:
        for row in ("http://127.0.0.1:{port}/", "http://[::1]:{port}/", *NAMES):
            if "{port}" in row and (await get(outbound, row.format(port=trap.port))).body != b"hello":
                pytest.fail(row)
    assert trap.connections == 2 + len(NAMES)


async def test_no_redirect_to_a_row_of_the_table_is_followed(trap: Wire, loopback_names: DnsServer) -> None:
    location = b""

    async def redirect(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")

    async def resolve(host: str) -> object:
        return await entrance.resolve(host) if host == "entrance.example" else await loopback_names.resolve(host)

    async with (
        dns_server(lambda _, __: ["127.0.0.2"]) as entrance,
        listening(redirect, hosts=("127.0.0.2",)) as door,
        Outbound(["127.0.0.2/32"], resolve=resolve) as outbound,  # type: ignore[arg-type]
    ):
        rows = [row.format(port=trap.port) for row in [*PRIVATE, *NAMES, *TRICKS]]
        # A header cannot carry some; a URL without a scheme or of blanks alone is a path on the same server.
        relative = ("127.0.0.1:", " ", "\ud800", "\x00", "\r", "\n", "//")
        rows = [row for row in rows if row and row.isprintable() and not row.startswith(relative)]
        rows.append(f"//127.0.0.1:{trap.port}/")
        for row in rows:
            location = row.encode()
            with pytest.raises(Refused):
                await get(outbound, f"http://entrance.example:{door.port}/")
        # A row that its own server reads as a path is asked of it again, until that is once too often.
        assert door.connections >= len(rows) >= 60
    assert trap.connections == 0


async def test_the_system_resolver_is_asked_by_default(trap: Wire) -> None:
    async with Outbound(_LOOPBACK) as outbound:
        assert (await get(outbound, f"http://localhost:{trap.port}/")).body == b"hello"
    assert trap.requests[0].headers["host"] == f"localhost:{trap.port}"
    assert trap.connections == 1


# Names that change


async def test_a_name_that_is_public_first_and_private_later_is_refused_later(trap: Wire) -> None:
    """127.0.0.2 stands for the public address; it is listed, 127.0.0.1 is not."""

    def script(_: str, number: int) -> list[str]:
        return ["127.0.0.2"] if number == 1 else ["127.0.0.1"]

    async with dns_server(script) as names, Outbound(["127.0.0.2/32"], resolve=names.resolve) as outbound:
        url = f"http://rebind.example:{trap.port}/"
        assert (await get(outbound, url)).status == 200
        # One question a family and use: there is no second one whose answer could differ from what was judged.
        assert names.asked == [("rebind.example", "A"), ("rebind.example", "AAAA")]
        with pytest.raises(Refused):
            await get(outbound, url)
        with pytest.raises(Refused):
            await get(outbound, url)
    assert trap.connections == 1


async def test_a_connection_that_is_kept_stays_with_the_address_that_was_judged() -> None:
    async def stay(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def script(_: str, number: int) -> list[str]:
        return ["127.0.0.2"] if number == 1 else ["127.0.0.1"]

    async with (
        listening(stay, hosts=("127.0.0.2",)) as public,
        listening(say, hosts=("127.0.0.1",), port=public.port) as private,
        dns_server(script) as names,
        Outbound(["127.0.0.2/32"], resolve=names.resolve, keepalive_seconds=30) as outbound,
    ):
        url = f"http://rebind.example:{public.port}/"
        assert (await get(outbound, url)).status == 200
        with pytest.raises(Refused):
            await get(outbound, url)
        assert private.connections == 0


async def test_public_first_then_private_never_reaches_this_machine(trap: Wire) -> None:
    """With a truly public address first: the try goes out, or nowhere, but not here."""

    def script(_: str, number: int) -> list[str]:
        return ["8.8.8.8"] if number == 1 else ["127.0.0.1"]

    async with dns_server(script) as names, Outbound(resolve=names.resolve) as outbound:
        with pytest.raises((Failed, TimedOut)):
            await get(outbound, f"http://rebind.example:{trap.port}/", deadline_seconds=1.0)
        with pytest.raises(Refused):
            await get(outbound, f"http://rebind.example:{trap.port}/")
    assert trap.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], ["8.8.8.8", "::ffff:127.0.0.1"]],
)
async def test_one_private_address_among_public_ones_refuses_all(trap: Wire, addresses: list[str]) -> None:
    async with dns_server(lambda _, __: addresses) as names, Outbound(resolve=names.resolve) as outbound:
        with pytest.raises(Refused) as refused:
            await get(outbound, f"http://both.example:{trap.port}/")
    assert "127.0.0.1" not in str(refused.value)
    assert "::1" not in str(refused.value)
    assert trap.connections == 0


async def test_the_next_address_is_tried_when_one_cannot_be_reached() -> None:
    async with (
        listening(say, hosts=("127.0.0.3",)) as wire,
        dns_server(lambda _, __: ["127.0.0.2", "127.0.0.3"]) as names,
        Outbound(_LOOPBACK, resolve=names.resolve) as outbound,
    ):
        assert (await get(outbound, f"http://two.example:{wire.port}/")).status == 200


async def test_a_name_without_addresses_fails_and_one_that_nobody_answers_times_out() -> None:
    def script(name: str, _: int) -> list[str] | None:
        return [] if name == "none.example" else None

    async with dns_server(script) as names, Outbound(_LOOPBACK, resolve=names.resolve) as outbound:
        with pytest.raises(Failed, match=r"none\.example"):
            await get(outbound, "http://none.example/")
        began = time.monotonic()
        with pytest.raises(TimedOut):
            await get(outbound, "http://silent.example/", deadline_seconds=0.3)
        assert time.monotonic() - began < 3


# Names on the wire


async def test_sni_host_and_certificate_are_those_of_the_url(tmp_path: Path, loopback_names: DnsServer) -> None:
    certificates = make_certificates(tmp_path, "hooks.example", "127.0.0.1")
    async with (
        listening(say, tls=certificates.server) as wire,
        Outbound(_LOOPBACK, resolve=loopback_names.resolve, tls=certificates.client) as outbound,
    ):
        found = await get(outbound, f"https://Hooks.Example:{wire.port}/a?b=c")
        assert (found.status, found.body, found.url) == (200, b"hello", f"https://hooks.example:{wire.port}/a?b=c")
        assert wire.server_names == ["hooks.example"]
        assert wire.requests[0].headers["host"] == f"hooks.example:{wire.port}"
        assert wire.requests[0].target == "/a?b=c"
        assert (await get(outbound, f"https://127.0.0.1:{wire.port}/")).status == 200
        # Same listener, same address, but the certificate is not for this name.
        with pytest.raises(Failed, match="certificate"):
            await get(outbound, f"https://other.example:{wire.port}/")
        assert len(wire.requests) == 2
    async with (
        listening(say, tls=certificates.server) as wire,
        Outbound(_LOOPBACK, resolve=loopback_names.resolve) as outbound,
    ):
        with pytest.raises(Failed, match="certificate"):
            await get(outbound, f"https://hooks.example:{wire.port}/")


async def test_no_proxy_of_the_environment_and_no_cookie_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cookie(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b"", Set_Cookie="a=b; Path=/"))

    async with listening(say) as proxy, listening(cookie) as wire:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Outbound(_LOOPBACK) as outbound:
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
        assert proxy.connections == 0
        assert [request.headers.get("cookie") for request in wire.requests] == [None, None]


# Redirects


async def test_three_redirects_are_followed_and_a_fourth_is_not(loopback_names: DnsServer) -> None:
    async def chain(asked: Asked, writer: asyncio.StreamWriter) -> None:
        left = int(asked.target.rpartition("/")[2])
        writer.write(answer(302, Location=f"/go/{left - 1}") if left else answer(200, b"there"))

    async with listening(chain) as wire, Outbound(_LOOPBACK, resolve=loopback_names.resolve) as outbound:
        base = f"http://chain.example:{wire.port}/go"
        found = await get(outbound, f"{base}/3")
        assert (found.body, found.url) == (b"there", f"{base}/0")
        with pytest.raises(Refused, match="more than 3"):
            await get(outbound, f"{base}/4")
        with pytest.raises(Refused, match="more than 3"):
            await get(outbound, f"{base}/9", follow_redirects=9)
        with pytest.raises(Refused, match="more than 1"):
            await get(outbound, f"{base}/2", follow_redirects=1)
        unfollowed = await get(outbound, f"{base}/2", follow_redirects=0)
        assert (unfollowed.status, unfollowed.headers["location"]) == (302, "/go/1")


@pytest.mark.parametrize(
    ("status", "method", "arrives_as"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (308, "PATCH", "PATCH"),
        (302, "HEAD", "HEAD"),
    ],
)
async def test_what_a_redirect_does_to_the_method(status: int, method: str, arrives_as: str) -> None:
    async def redirect(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status, Location="/there") if asked.target == "/" else answer(200))

    content = None if method in ("HEAD", "DELETE") else b'{"a": 1}'
    async with listening(redirect) as wire, Outbound(_LOOPBACK) as outbound:
        headers = {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{wire.port}/"
        assert (await get(outbound, url, method=method, content=content, headers=headers)).status == 200
        arrived = wire.requests[1]
        assert arrived.method == arrives_as
        kept = arrives_as == method
        assert arrived.body == (content or b"" if kept else b"")
        assert ("content-type" in arrived.headers) is (kept)


async def test_credentials_stay_with_their_origin_also_on_the_way_back(loopback_names: DnsServer) -> None:
    async def there(asked: Asked, writer: asyncio.StreamWriter) -> None:
        back = f"http://one.example:{one.port}/back"
        writer.write(answer(307, Location=back))

    async def here(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.target == "/":
            writer.write(answer(307, Location="/again"))
        elif asked.target == "/again":
            writer.write(answer(307, Location=f"http://two.example:{two.port}/"))
        else:
            writer.write(answer(200))

    given = {
        "Authorization": "Bearer secret",
        "Cookie": "a=secret",
        "X-API-Key": "secret",
        "X-Anything": "secret",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    async with (
        listening(here) as one,
        listening(there) as two,
        Outbound(_LOOPBACK, resolve=loopback_names.resolve) as outbound,
    ):
        found = await get(outbound, f"http://one.example:{one.port}/", method="POST", headers=given, content=b"{}")
        assert found.status == 200
        for request in one.requests[:2]:
            assert all(request.headers[name.lower()] == value for name, value in given.items())
        assert len(one.requests) == 3
        for request in (two.requests[0], one.requests[2]):
            assert "secret" not in str(request)
            assert request.headers["accept"] == "application/json"
            assert request.headers["content-type"] == "application/json"
            assert request.body == b"{}"


async def test_another_port_or_scheme_is_another_origin(tmp_path: Path, loopback_names: DnsServer) -> None:
    certificates = make_certificates(tmp_path, "one.example")

    async def downgrade(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(302, Location=f"http://one.example:{plain.port}/"))

    async with (
        listening(downgrade, tls=certificates.server) as secure,
        listening(say) as plain,
        Outbound(_LOOPBACK, resolve=loopback_names.resolve, tls=certificates.client) as outbound,
    ):
        await get(outbound, f"https://one.example:{secure.port}/", headers={"Authorization": "secret"})
        assert "authorization" in secure.requests[0].headers
        assert "authorization" not in plain.requests[0].headers


async def test_a_redirect_to_two_places_is_refused() -> None:
    async def redirect(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")

    async with listening(redirect) as wire, Outbound(_LOOPBACK) as outbound:
        with pytest.raises(Refused):
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
        assert wire.connections == 1


# Headers and methods


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "other.example"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "upgrade"},
        {"X-A": "b\r\nX-Injected: c"},
        {"X-A": "b\x00"},
        {"X-A\r\nX-Injected": "c"},
        {"X A": "c"},
        {"": "c"},
        {"X-Ä": "c"},
        {"X-A": "☎"},
    ],
)
async def test_a_header_that_would_change_the_message_is_refused(headers: dict[str, str]) -> None:
    async with listening(say) as wire, Outbound(_LOOPBACK) as outbound:
        with pytest.raises(Refused, match="header"):
            await get(outbound, f"http://127.0.0.1:{wire.port}/", headers=headers)
        assert wire.requests == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET /x", "", "GÉT"])
async def test_a_method_that_is_not_plain_http_is_refused(method: str) -> None:
    async with listening(say) as wire, Outbound(_LOOPBACK) as outbound:
        with pytest.raises(Refused, match="method"):
            await get(outbound, f"http://127.0.0.1:{wire.port}/", method=method)
        assert wire.connections == 0


# Time


def trickle(head: bytes, drop: bytes, every_seconds: float) -> Callable[[Asked, asyncio.StreamWriter], object]:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(every_seconds)

    return handle


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b""),
    ],
    ids=["status line", "headers", "body", "chunks", "informational", "silence"],
)
async def test_a_slow_answer_ends_at_the_deadline(head: bytes, drop: bytes) -> None:
    async with listening(trickle(head, drop, 0.02)) as wire, Outbound(_LOOPBACK) as outbound:  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises((TimedOut, Failed)) as fault:
            await get(outbound, f"http://127.0.0.1:{wire.port}/", deadline_seconds=0.5)
        assert time.monotonic() - began < 4
        if drop != b"H":
            assert fault.value.code == "timeout"
        assert wire.connections == 1


async def test_the_deadline_covers_all_redirects_together() -> None:
    async def redirect(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        writer.write(answer(302, Location="/"))

    async with listening(redirect) as wire, Outbound(_LOOPBACK) as outbound:
        with pytest.raises(TimedOut):
            await get(outbound, f"http://127.0.0.1:{wire.port}/", deadline_seconds=0.6)
        assert wire.connections == 2


async def test_a_cancelled_request_leaves_no_connection_behind() -> None:
    closed = asyncio.Event()

    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await writer.wait_closed()

    arrived = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()
        closed.set()
        writer.close()

    server = await asyncio.start_server(watch, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Outbound(_LOOPBACK) as outbound:
        task = asyncio.create_task(get(outbound, f"http://127.0.0.1:{port}/"))
        await asyncio.wait_for(arrived.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(closed.wait(), 5)
    server.close()


# Size


def encoded(body: bytes, encoding: str) -> Callable[[Asked, asyncio.StreamWriter], object]:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, body, Content_Encoding=encoding))

    return handle


def raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezer.compress(data) + squeezer.flush()


_TEXT = b"Of all the calls this was the longest. " * 2_000


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (_TEXT, "identity"),
        (gzip.compress(_TEXT), "gzip"),
        (gzip.compress(_TEXT), "X-GZIP"),
        (gzip.compress(_TEXT[:100]) + gzip.compress(_TEXT[100:]), "gzip"),
        (zlib.compress(_TEXT), "deflate"),
        (raw_deflate(_TEXT), "deflate"),
        (brotli.compress(_TEXT), "br"),
        (gzip.compress(brotli.compress(_TEXT)), "br, gzip"),
        (gzip.compress(_TEXT), "identity, gzip"),
    ],
    # gzip writes the time into a body, and the processes of pytest-xdist must give a test the same name.
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_compressed_bodies_are_undone(body: bytes, encoding: str) -> None:
    async with listening(encoded(body, encoding)) as wire, Outbound(_LOOPBACK) as outbound:  # type: ignore[arg-type]
        url = f"http://127.0.0.1:{wire.port}/"
        assert (await get(outbound, url, max_bytes=len(_TEXT))).body == _TEXT
        with pytest.raises(TooLarge) as fault:
            await get(outbound, url, max_bytes=len(_TEXT) - 1)
        assert fault.value.code == "too_large"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(_TEXT)[:-20], "gzip"),
        (b"this is no gzip at all", "gzip"),
        (zlib.compress(_TEXT)[:-20], "deflate"),
        (brotli.compress(_TEXT)[:-5], "br"),
        (b"\xff" * 100, "br"),
        (_TEXT, "zstd"),
        (_TEXT, "compress"),
        (gzip.compress(gzip.compress(gzip.compress(_TEXT))), "gzip, gzip, gzip"),
    ],
)
async def test_a_damaged_or_unknown_encoding_fails(body: bytes, encoding: str) -> None:
    async with listening(encoded(body, encoding)) as wire, Outbound(_LOOPBACK) as outbound:  # type: ignore[arg-type]
        with pytest.raises(Failed, match="cannot be read"):
            await get(outbound, f"http://127.0.0.1:{wire.port}/")


def gzip_bomb(mebibytes: int) -> bytes:
    squeezer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(1024 * 1024)
    return b"".join(squeezer.compress(zeros) for _ in range(mebibytes)) + squeezer.flush()


def brotli_bomb(mebibytes: int) -> bytes:
    squeezer = brotli.Compressor(quality=1)
    zeros = bytes(1024 * 1024)
    return bytes(b"".join(squeezer.process(zeros) for _ in range(mebibytes)) + squeezer.finish())


@pytest.mark.parametrize(
    ("make", "encoding"),
    [
        (lambda: gzip_bomb(256), "gzip"),
        (lambda: gzip.compress(gzip_bomb(256)), "gzip, gzip"),
        (lambda: brotli_bomb(256), "br"),
        (lambda: gzip.compress(brotli_bomb(256)), "br, gzip"),
    ],
    ids=["gzip", "gzip twice", "br", "br in gzip"],
)
async def test_a_bomb_costs_no_more_than_its_limit(make: Callable[[], bytes], encoding: str) -> None:
    bomb = make()
    assert len(bomb) < _LIMIT
    async with listening(encoded(bomb, encoding)) as wire, Outbound(_LOOPBACK) as outbound:  # type: ignore[arg-type]
        url = f"http://127.0.0.1:{wire.port}/"
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                await get(outbound, url, max_bytes=_LIMIT)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < _LIMIT + 4 * 1024 * 1024


async def test_an_endless_body_ends_at_the_limit_with_flat_memory() -> None:
    endless = trickle(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", 0
    )
    async with listening(endless) as wire, Outbound(_LOOPBACK) as outbound:  # type: ignore[arg-type]
        url = f"http://127.0.0.1:{wire.port}/"
        with pytest.raises(TooLarge):
            await get(outbound, url)
        seen = 0

        async def swallow() -> None:
            nonlocal seen
            async with outbound.stream("GET", url, deadline_seconds=30, max_bytes=64_000_000) as stream:
                async for piece in stream.pieces:
                    seen += len(piece)

        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                await swallow()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert seen > 63_000_000
        assert peak < 8_000_000


async def test_a_declared_length_over_the_limit_is_refused_before_the_body() -> None:
    async def promise(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(30)

    async with listening(promise) as wire, Outbound(_LOOPBACK) as outbound:
        with pytest.raises(TooLarge):
            await get(outbound, f"http://127.0.0.1:{wire.port}/")


@pytest.mark.parametrize(
    "bad",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"b" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00",
        b"",
    ],
    ids=["long header", "many headers", "two lengths", "cut short", "bad chunk", "ssh", "tls", "nothing"],
)
async def test_what_is_no_good_http_fails(bad: bytes) -> None:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(bad)

    async with listening(handle) as wire, Outbound(_LOOPBACK) as outbound:
        with pytest.raises(Failed) as fault:
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
        assert fault.value.code == "failed"


async def test_a_download_goes_to_a_file_and_an_error_page_does_not() -> None:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = 200 if asked.target == "/good" else 500
        writer.write(answer(status, gzip.compress(_TEXT), Content_Encoding="gzip"))

    async with listening(handle) as wire, Outbound(_LOOPBACK) as outbound:
        url = f"http://127.0.0.1:{wire.port}"
        file = io.BytesIO()
        assert (await outbound.download(f"{url}/good", file, deadline_seconds=5, max_bytes=_LIMIT)).status == 200
        assert file.getvalue() == _TEXT
        nothing = io.BytesIO()
        assert (await outbound.download(f"{url}/bad", nothing, deadline_seconds=5, max_bytes=_LIMIT)).status == 500
        assert nothing.getvalue() == b""


async def test_a_closed_port_fails_without_naming_an_address() -> None:
    async with listening(say) as wire, dns_server(lambda _, __: ["127.0.0.1"]) as names:
        port = wire.port
    async with dns_server(lambda _, __: ["127.0.0.1"]) as names, Outbound(_LOOPBACK, resolve=names.resolve) as outbound:
        with pytest.raises(OutboundError) as fault:
            await get(outbound, f"http://hooks.example:{port}/secret?token=1")
        assert isinstance(fault.value, Failed)
        assert "hooks.example" in str(fault.value)
        assert "127.0.0.1" not in str(fault.value)
        assert "token" not in str(fault.value)


async def test_many_slow_requests_do_not_hold_up_a_quick_one() -> None:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.target == "/slow":
            await asyncio.sleep(30)
        writer.write(answer(200))

    async with listening(handle) as wire, Outbound(_LOOPBACK) as outbound:
        url = f"http://127.0.0.1:{wire.port}"
        slow = [asyncio.create_task(get(outbound, f"{url}/slow", deadline_seconds=2)) for _ in range(50)]
        began = time.monotonic()
        assert (await get(outbound, f"{url}/quick")).status == 200
        assert time.monotonic() - began < 1.9
        results = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(result, TimedOut) for result in results)
