"""Contract 14.9: which addresses a request to a URL given by somebody else may reach, and the names it sends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.kit.net.outbound import Failed, Outbound, Refused, TimedOut
from tests.fixtures.certificates import make_certificates
from tests.fixtures.dns import DnsServer, dns_server
from tests.fixtures.hostile_urls import NAMES, PRIVATE, TRICKS
from tests.fixtures.outbound import LOOPBACK, get
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.wire import Asked, Wire, answer, listening, say

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
    async with Outbound(LOOPBACK, resolve=loopback_names.resolve) as outbound:
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
    async with Outbound(LOOPBACK) as outbound:
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
        Outbound(LOOPBACK, resolve=names.resolve) as outbound,
    ):
        assert (await get(outbound, f"http://two.example:{wire.port}/")).status == 200


async def test_a_name_without_addresses_fails_and_one_that_nobody_answers_times_out() -> None:
    def script(name: str, _: int) -> list[str] | None:
        return [] if name == "none.example" else None

    async with dns_server(script) as names, Outbound(LOOPBACK, resolve=names.resolve) as outbound:
        with pytest.raises(Failed, match=r"none\.example"):
            await get(outbound, "http://none.example/")
        watch = Stopwatch()
        with pytest.raises(TimedOut):
            await get(outbound, "http://silent.example/", deadline_seconds=0.3)
        assert watch.seconds() < 3


# Names on the wire


async def test_sni_host_and_certificate_are_those_of_the_url(tmp_path: Path, loopback_names: DnsServer) -> None:
    certificates = make_certificates(tmp_path, "hooks.example", "127.0.0.1")
    async with (
        listening(say, tls=certificates.server) as wire,
        Outbound(LOOPBACK, resolve=loopback_names.resolve, tls=certificates.client) as outbound,
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
        Outbound(LOOPBACK, resolve=loopback_names.resolve) as outbound,
    ):
        with pytest.raises(Failed, match="certificate"):
            await get(outbound, f"https://hooks.example:{wire.port}/")


async def test_no_proxy_of_the_environment_and_no_cookie_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cookie(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b"", Set_Cookie="a=b; Path=/"))

    async with listening(say) as proxy, listening(cookie) as wire:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Outbound(LOOPBACK) as outbound:
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
            await get(outbound, f"http://127.0.0.1:{wire.port}/")
        assert proxy.connections == 0
        assert [request.headers.get("cookie") for request in wire.requests] == [None, None]
