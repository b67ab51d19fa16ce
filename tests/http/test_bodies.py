"""Contract 14.12 and 14.1: bodies and requests that are no good get a clear 4xx in the one error body.

Every operation of the OpenAPI document that takes a body is tried; a new one is tried too.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from services.gateway.openapi.document import document
from services.gateway.openapi.schema import operations
from services.gateway.requests import body as gateway_body
from services.kit.net import http_limits as kit_wire
from tests.fixtures.sessions import ORIGIN
from tests.fixtures.stopwatch import Stopwatch
from tests.http import wire
from tests.http.site import START, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.http.site import Site

JSON = "application/json"
TAKES_JSON = [
    (path, method.upper())
    for path, method, operation in operations(document())
    if JSON in operation.get("requestBody", {}).get("content", {})
]
TAKES_A_BODY = [
    (path, method.upper()) for path, method, operation in operations(document()) if "requestBody" in operation
]
FORM = "multipart/form-data"
TAKES_A_FORM = {
    (path, method.upper(), FORM)
    for path, method, operation in operations(document())
    if FORM in operation.get("requestBody", {}).get("content", {})
}
TEN_MEGABYTES = 10 * 1_048_576
DEEP = 10_000
BAD_JSON: list[tuple[str, bytes]] = [
    ("0 bytes", b""),
    ("blanks", b" \r\n "),
    ("not JSON", b"{"),
    ("an array", b"[]"),
    ("null", b"null"),
    ("form fields", b"email=a@b.example&password=x"),
    ("deep objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    ("deep arrays", b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    ("29 levels", b'{"a":' * 29 + b"1" + b"}" * 29),
    ("a name twice", b'{"name": "a", "name": "b"}'),
    ("a name twice inside", b'{"a": {"b": 1, "b": 2}}'),
    ("invalid UTF-8", b'{"name": "\xff\xfe"}'),
    ("overlong UTF-8", b'{"name": "\xc0\xaf"}'),
    ("UTF-16", '{"name": "a"}'.encode("utf-16")),
    ("a byte order mark", b'\xef\xbb\xbf{"name": "a"}'),
    ("NUL", b'{"name": "a\\u0000b"}'),
    ("a raw NUL", b'{"name": "a\x00b"}'),
    ("half a surrogate pair", b'{"name": "\\ud83d"}'),
    ("1e400", b'{"name": 1e400}'),
    ("-1e400", b'{"a": [-1e400]}'),
    ("NaN", b'{"name": NaN}'),
    ("Infinity", b'{"name": Infinity}'),
    ("a number of 5,000 digits", b'{"a": ' + b"9" * 5_000 + b"}"),
    ("JSON and more", b'{"a": 1} {"b": 2}'),
    ("a comment", b'{"a": 1 /* one */}'),
    ("gzip without saying so", gzip.compress(b'{"name": "a"}')),
]
WRONG_TYPES = (
    "text/html",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "x",
    "image/png",
)


def filled(path: str) -> str:
    """The path with something in its places that nobody has."""
    return path.replace("{", "no-").replace("}", "")


def head(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: callbox.example", f"Origin: {ORIGIN}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def resident_megabytes() -> float:
    return psutil.Process().memory_info().rss / 1_048_576


async def test_the_table_of_bad_bodies_on_every_operation(site: Site) -> None:
    assert len(TAKES_JSON) >= 8
    for path, method in TAKES_JSON:
        address = filled(path)
        for name, raw in BAD_JSON:
            answer = await site.owner.request(method, address, content=raw, headers={"Content-Type": JSON})
            assert answer.status_code == 400, f"{method} {path} with {name}: {answer.status_code} {answer.text[:200]}"
            assert not refused(answer, 400, "invalid_request")["errors"]
        for kind in WRONG_TYPES:
            if (path, method, kind.partition(";")[0]) in TAKES_A_FORM:
                continue
            answer = await site.owner.request(method, address, content=b"{}", headers={"Content-Type": kind})
            assert answer.status_code == 415, f"{method} {path} as {kind}: {answer.text}"
            refused(answer, 415, "unsupported_media_type")


async def test_compressed_bodies_are_refused_unread(site: Site) -> None:
    bomb = gzip.compress(b" " * TEN_MEGABYTES)
    before = resident_megabytes()
    for path, method in TAKES_A_BODY:
        for coding in ("gzip", "deflate", "br", "gzip, gzip", "GZIP"):
            headers = {"Content-Type": JSON, "Content-Encoding": coding}
            answer = await site.owner.request(method, filled(path), content=bomb, headers=headers)
            refused(answer, 415, "unsupported_media_type")
            assert answer.headers["accept-encoding"] == "identity"
    assert resident_megabytes() - before < 32
    plain = {"Content-Type": JSON, "Content-Encoding": "identity"}
    refused(await site.owner.post(START, content=b"{}", headers=plain), 422, "validation_failed")


async def test_ten_megabytes_on_every_operation_leave_no_trace_in_memory(site: Site) -> None:
    large = b'{"a": "' + b"x" * (TEN_MEGABYTES - 9) + b'"}'

    async def trickle() -> AsyncIterator[bytes]:
        for begin in range(0, TEN_MEGABYTES, 1_048_576):
            yield large[begin : begin + 1_048_576]

    async def flood() -> None:
        for path, method in TAKES_JSON:
            for content in (large, trickle()):
                answer = await site.owner.request(method, filled(path), content=content, headers={"Content-Type": JSON})
                refused(answer, 413, "payload_too_large")

    await flood()
    before = resident_megabytes()
    await flood()
    await asyncio.gather(*(flood() for _ in range(3)))
    assert resident_megabytes() - before < 48


async def test_a_body_that_does_not_come_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_body, "_READ_SECONDS", 0.4)

    async def dribble(method: str, address: str) -> AsyncIterator[bytes]:
        signed_in = f"Authorization: Bearer {site.access}"
        yield head(method, address, signed_in, f"Content-Type: {JSON}", "Content-Length: 1000")
        for _ in range(1_000):
            yield b" "
            await asyncio.sleep(0.05)

    async def ask(path: str, method: str) -> None:
        watch = Stopwatch()
        reader, writer = await wire.connect(site)
        try:
            answer = await wire.exchange(reader, writer, dribble(method, filled(path)))
        finally:
            await wire.close(writer)
        assert answer is not None
        refused(answer, 400, "invalid_request")
        assert watch.seconds() < 2.0, path

    await asyncio.gather(*(ask(path, method) for path, method in TAKES_JSON))


async def test_heads_without_end_are_refused_on_the_wire(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = resident_megabytes()
    many = [f"X-H{number}: x" for number in range(10_000)]
    cases: list[tuple[str, int, bytes]] = [
        ("10,000 headers", 431, head("GET", "/api/auth/me/", *many)),
        ("201 headers", 431, head("GET", "/api/auth/me/", *many[:201])),
        ("a header of 1 MB", 431, head("GET", "/api/auth/me/", "X-Large: " + "x" * 1_048_576)),
        ("a header name of 1 MB", 431, head("GET", "/api/auth/me/", "X" * 1_048_576 + ": x")),
        ("a header without end", 431, b"GET /api/auth/me/ HTTP/1.1\r\nX-Large: " + b"x" * 5_000_000),
        ("an address of 17 KB", 414, head("GET", "/api/auth/me/?x=" + "x" * 17_000)),
        ("an address of 1 MB", 414, head("GET", "/api/" + "x" * 1_048_576)),
        ("bytes in the address", 400, b"GET /api/\xff\xfe/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("no address", 400, b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("no HTTP", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        ("no method", 400, b"MAKE /api/auth/me/ HTTP/1.1\r\n\r\n"),
        ("a blank in a header's name", 400, head("GET", "/api/auth/me/", "X Y: z")),
        ("a NUL in a header", 400, head("GET", "/api/auth/me/", "X-Y: a\x00b")),
        ("two lengths", 400, head("POST", START, "Content-Length: 2", "Content-Length: 3") + b"{}"),
        ("length and chunks", 400, head("POST", START, "Content-Length: 2", "Transfer-Encoding: chunked") + b"{}"),
        ("no such length", 400, head("POST", START, "Content-Length: many") + b"{}"),
        ("a length below zero", 400, head("POST", START, "Content-Length: -1") + b"{}"),
        ("chunks that are none", 400, head("POST", START, "Transfer-Encoding: chunked") + b"zzz\r\n{}\r\n0\r\n\r\n"),
        ("a chunk too short", 400, head("POST", START, "Transfer-Encoding: chunked") + b"1\r\n{}\r\n0\r\n\r\n"),
    ]
    for name, status, raw in cases:
        for _ in range(3):
            answer = await wire.send(site, raw)
            assert answer is not None, name
            assert answer.status_code == status, f"{name}: {answer.status_code} {answer.text[:200]}"
            refused(answer, status, "invalid_request")
            assert answer.headers["connection"] == "close"
    assert resident_megabytes() - before < 32
    assert (await site.owner.get("/api/auth/me/")).status_code == 200

    monkeypatch.setattr(kit_wire, "HEAD_SECONDS", 0.3)
    for begun in (b"", b"GET", b"GET /api/auth/me/ HTTP/1.1\r\nX-Slow: "):
        watch = Stopwatch()
        answer = await wire.send(site, begun)
        assert watch.seconds() < 2.0
        if begun:
            assert answer is not None
            refused(answer, 408, "invalid_request")
        else:
            assert answer is None


async def test_the_largest_head_that_is_taken(site: Site) -> None:
    headers = {f"X-H{number}": "x" for number in range(150)} | {"X-Request-Id": "mine", "X-Long": "x" * 30_000}
    answer = await site.owner.get("/api/auth/me/?x=" + "x" * 16_000, headers=headers)
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, "mine")
    refusal = await wire.send(site, head("POST", START, "X-Request-Id: mine", "Transfer-Encoding: chunked") + b"zz\r\n")
    assert refusal is not None
    assert refused(refusal, 400, "invalid_request")["request_id"] == "mine"


async def test_a_body_cut_off_reaches_nobody(site: Site) -> None:
    before = len(await site.sessions())
    cut = head("POST", START, f"Content-Type: {JSON}", "Content-Length: 100") + b'{"agent": "support-bot"}'
    async with site.house.worker():
        for _ in range(5):
            answer = await wire.send(site, cut, end=True)
            assert answer is None or answer.status_code == 400
        assert (await site.start()).status_code == 200
    assert len(await site.sessions()) == before + 1


async def test_requests_one_after_another_on_one_connection(site: Site) -> None:
    two = head("GET", "/api/nothing/") * 2
    reader, writer = await wire.connect(site)
    try:
        for _ in range(2):
            first = await wire.exchange(reader, writer, [two[: len(two) // 2]])
            assert first is not None
            refused(first, 404, "not_found")
        broken = await wire.exchange(reader, writer, [b"nonsense\r\n\r\n"])
        assert broken is not None
        refused(broken, 400, "invalid_request")
        assert await reader.read() == b""
    finally:
        await wire.close(writer)


@pytest.mark.parametrize(
    "slug", ["café", "дом", "مرحبا", "\u202eabc", "a\u200db", "ＡＢＣ", "🚲", "a%00b", "a/../b", "."]
)
async def test_slugs_of_other_scripts_are_refused_with_their_field(site: Site, slug: str) -> None:
    """Contract 14.5: a slug is ASCII; nothing that only looks like one is taken."""
    answer = await site.owner.post("/api/ai-characters/", json={"slug": slug, "name": "x"})
    assert list(refused(answer, 422, "validation_failed")["errors"]) == ["slug"]
    refused(
        await site.owner.get("/api/ai-characters/" + "".join(f"%{byte:02X}" for byte in slug.encode()) + "/"),
        404,
        "not_found",
    )
    refused(await site.start(agent=slug), 404, "not_found")


async def test_names_and_words_of_every_script_come_back_as_they_are(site: Site) -> None:
    for number, words in enumerate(
        ("🚲👩‍🔧 Bikes", "שלום \u202b עולם", "naïve ﷽", "नमस्ते", "A\u0301", "\U0001f1e9\U0001f1ea")
    ):
        asked: dict[str, Any] = {"slug": f"bot-{number}", "name": words, "greeting": words, "system_prompt": words}
        made = await site.owner.post("/api/ai-characters/", json=asked)
        assert made.status_code == 201, made.text
        assert asked.items() <= made.json().items()
        assert asked.items() <= (await site.owner.get(f"/api/ai-characters/bot-{number}/")).json().items()


async def test_prompts_of_a_megabyte_are_refused_by_their_field(site: Site) -> None:
    """Contract 14.12: a single field over its own limit is a 422, a body over 1 MB a 413."""
    for size, status in ((65_537, 422), (1_000_000, 422), (1_048_577, 413)):
        prompt = "x" * size
        for answer in (
            await site.owner.post("/api/ai-characters/", json={"slug": "x", "name": "x", "system_prompt": prompt}),
            await site.owner.patch("/api/ai-characters/support-bot/", json={"system_prompt": prompt}),
            await site.start(system_prompt=prompt),
        ):
            code = "validation_failed" if status == 422 else "payload_too_large"
            body = refused(answer, status, code)
            assert list(body["errors"]) == (["system_prompt"] if status == 422 else [])


async def test_origins_that_only_look_alike_are_refused(site: Site) -> None:
    """Contract 14.3: homographs are other hosts."""
    await site.owner.patch("/api/ai-characters/support-bot/", json={"allowed_origins": ["https://apple.example"]})
    for origin in (
        "https://аpple.example",
        "https://xn--pple-43d.example",
        "https://ａpple.example",
        "https://apple\u200b.example",
        "https://apple.example\u2024evil.example",
        "https://apple.exаmple",
    ):
        body = json.dumps({"agent": "support-bot"}).encode()
        answer: httpx.Response = await site.nobody.post(
            START, content=body, headers=[(b"Origin", origin.encode()), (b"Content-Type", JSON.encode())]
        )
        refused(answer, 403, "origin_not_allowed")


async def test_a_wish_for_another_protocol_is_passed_over(site: Site) -> None:
    """RFC 9110, 7.8: who cannot upgrade answers in HTTP/1.1; `curl --http2` asks so with a body."""
    body = json.dumps({"agent": "nobody"}).encode()
    wish = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")
    watch = Stopwatch()
    answer = await wire.send(site, head("POST", START, *wish, f"Content-Length: {len(body)}") + body)
    assert answer is not None
    refused(answer, 404, "not_found")
    assert watch.seconds() < 2.0
    socket = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eHh4")
    answer = await wire.send(site, head("GET", "/api/auth/me/", *socket))
    assert answer is not None
    refused(answer, 401, "not_authenticated")
