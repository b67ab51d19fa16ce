"""Contract 14.9: time and size of answers from URLs given by somebody else, and answers that are no good HTTP."""

import asyncio
import gzip
import io
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest

from services.kit.net.outbound import Failed, Outbound, OutboundError, TimedOut, TooLarge
from tests.fixtures.dns import dns_server
from tests.fixtures.outbound import LIMIT, LOOPBACK, get
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.tcp import tcp_server
from tests.fixtures.wire import Asked, answer, listening, say

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
    async with listening(trickle(head, drop, 0.02)) as wire, Outbound(LOOPBACK) as outbound:  # type: ignore[arg-type]
        watch = Stopwatch()
        with pytest.raises((TimedOut, Failed)) as fault:
            await get(outbound, f"http://127.0.0.1:{wire.port}/", deadline_seconds=0.5)
        assert watch.seconds() < 4
        if drop != b"H":
            assert fault.value.code == "timeout"
        assert wire.connections == 1


async def test_a_deadline_that_ends_with_the_head_leaves_the_body_its_time() -> None:
    async def late(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.target == "/late":
            await asyncio.sleep(2)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        await writer.drain()
        await asyncio.sleep(0.8)
        writer.write(b"b")

    async with listening(late) as wire, Outbound(LOOPBACK) as outbound:
        url, limits = f"http://127.0.0.1:{wire.port}", {"deadline_seconds": 0.5, "max_bytes": LIMIT}
        async with outbound.stream("GET", f"{url}/", deadline_ends_with_head=True, **limits) as stream:  # type: ignore[arg-type]
            assert [piece async for piece in stream.pieces] == [b"a", b"b"]
        with pytest.raises(TimedOut):
            async with outbound.stream("GET", f"{url}/late", deadline_ends_with_head=True, **limits):  # type: ignore[arg-type]
                pass


async def test_the_deadline_covers_all_redirects_together() -> None:
    async def redirect(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        writer.write(answer(302, Location="/"))

    async with listening(redirect) as wire, Outbound(LOOPBACK) as outbound:
        with pytest.raises(TimedOut):
            await get(outbound, f"http://127.0.0.1:{wire.port}/", deadline_seconds=0.6)
        assert wire.connections == 2


async def test_a_cancelled_request_leaves_no_connection_behind() -> None:
    arrived, closed = asyncio.Event(), asyncio.Event()

    async def watch(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()
        closed.set()

    async with tcp_server(watch) as port, Outbound(LOOPBACK) as outbound:
        task = asyncio.create_task(get(outbound, f"http://127.0.0.1:{port}/"))
        await asyncio.wait_for(arrived.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(closed.wait(), 5)


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
    async with listening(encoded(body, encoding)) as wire, Outbound(LOOPBACK) as outbound:  # type: ignore[arg-type]
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
    async with listening(encoded(body, encoding)) as wire, Outbound(LOOPBACK) as outbound:  # type: ignore[arg-type]
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
    assert len(bomb) < LIMIT
    async with listening(encoded(bomb, encoding)) as wire, Outbound(LOOPBACK) as outbound:  # type: ignore[arg-type]
        url = f"http://127.0.0.1:{wire.port}/"
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                await get(outbound, url, max_bytes=LIMIT)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < LIMIT + 4 * 1024 * 1024


async def test_an_endless_body_ends_at_the_limit_with_flat_memory() -> None:
    endless = trickle(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", 0
    )
    async with listening(endless) as wire, Outbound(LOOPBACK) as outbound:  # type: ignore[arg-type]
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

    async with listening(promise) as wire, Outbound(LOOPBACK) as outbound:
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

    async with listening(handle) as wire, Outbound(LOOPBACK) as outbound:
        with pytest.raises(Failed) as fault:
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
        assert fault.value.code == "failed"


async def test_a_download_goes_to_a_file_and_an_error_page_does_not() -> None:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = 200 if asked.target == "/good" else 500
        writer.write(answer(status, gzip.compress(_TEXT), Content_Encoding="gzip"))

    async with listening(handle) as wire, Outbound(LOOPBACK) as outbound:
        url = f"http://127.0.0.1:{wire.port}"
        file = io.BytesIO()
        assert (await outbound.download(f"{url}/good", file, deadline_seconds=5, max_bytes=LIMIT)).status == 200
        assert file.getvalue() == _TEXT
        nothing = io.BytesIO()
        assert (await outbound.download(f"{url}/bad", nothing, deadline_seconds=5, max_bytes=LIMIT)).status == 500
        assert nothing.getvalue() == b""


async def test_a_closed_port_fails_without_naming_an_address() -> None:
    async with listening(say) as wire, dns_server(lambda _, __: ["127.0.0.1"]) as names:
        port = wire.port
    async with dns_server(lambda _, __: ["127.0.0.1"]) as names, Outbound(LOOPBACK, resolve=names.resolve) as outbound:
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

    async with listening(handle) as wire, Outbound(LOOPBACK) as outbound:
        url = f"http://127.0.0.1:{wire.port}"
        slow = [asyncio.create_task(get(outbound, f"{url}/slow", deadline_seconds=2)) for _ in range(50)]
        watch = Stopwatch()
        assert (await get(outbound, f"{url}/quick")).status == 200
        assert watch.seconds() < 1.9
        results = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(result, TimedOut) for result in results)
