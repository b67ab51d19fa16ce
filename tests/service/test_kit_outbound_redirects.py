"""Contract 14.9: redirects, headers and methods of requests to URLs given by somebody else."""

import asyncio
from pathlib import Path

import pytest

from services.kit.net.outbound import Outbound, Refused
from tests.fixtures.certificates import make_certificates
from tests.fixtures.dns import DnsServer
from tests.fixtures.outbound import LOOPBACK, get
from tests.fixtures.wire import Asked, answer, listening, say

# Redirects


async def test_three_redirects_are_followed_and_a_fourth_is_not(loopback_names: DnsServer) -> None:
    async def chain(asked: Asked, writer: asyncio.StreamWriter) -> None:
        left = int(asked.target.rpartition("/")[2])
        writer.write(answer(302, Location=f"/go/{left - 1}") if left else answer(200, b"there"))

    async with listening(chain) as wire, Outbound(LOOPBACK, resolve=loopback_names.resolve) as outbound:
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
    async with listening(redirect) as wire, Outbound(LOOPBACK) as outbound:
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
        Outbound(LOOPBACK, resolve=loopback_names.resolve) as outbound,
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
        Outbound(LOOPBACK, resolve=loopback_names.resolve, tls=certificates.client) as outbound,
    ):
        await get(outbound, f"https://one.example:{secure.port}/", headers={"Authorization": "secret"})
        assert "authorization" in secure.requests[0].headers
        assert "authorization" not in plain.requests[0].headers


async def test_a_redirect_to_two_places_is_refused() -> None:
    async def redirect(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")

    async with listening(redirect) as wire, Outbound(LOOPBACK) as outbound:
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
    async with listening(say) as wire, Outbound(LOOPBACK) as outbound:
        with pytest.raises(Refused, match="header"):
            await get(outbound, f"http://127.0.0.1:{wire.port}/", headers=headers)
        assert wire.requests == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET /x", "", "GÉT"])
async def test_a_method_that_is_not_plain_http_is_refused(method: str) -> None:
    async with listening(say) as wire, Outbound(LOOPBACK) as outbound:
        with pytest.raises(Refused, match="method"):
            await get(outbound, f"http://127.0.0.1:{wire.port}/", method=method)
        assert wire.connections == 0
