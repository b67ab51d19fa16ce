"""Contract 1.7, 3.4, 12.3, 14.4 and 14.12: starts refused within a second, with nothing half made left behind."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from livekit import api

from tests.fixtures.sessions import ORIGIN
from tests.fixtures.stopwatch import Stopwatch
from tests.http.site import START, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.http.site import MakeSite, Site

JSON = {"Content-Type": "application/json", "Origin": ORIGIN}


async def rooms(site: Site) -> list[str]:
    """Rooms of this test's calls on the LiveKit server."""
    livekit = site.house.livekit
    async with api.LiveKitAPI(livekit.url, livekit.key, livekit.secret) as client:
        answer = await client.room.list_rooms(api.ListRoomsRequest())
        return [room.name for room in answer.rooms]


async def test_every_bad_start_is_refused_within_a_second_and_leaves_nothing(site: Site) -> None:
    await site.owner.post("/api/ai-characters/", json={"slug": "asleep", "name": "Asleep", "allowed_origins": [ORIGIN]})
    await site.owner.patch("/api/ai-characters/asleep/", json={"is_active": False})
    good = json.dumps({"agent": "support-bot"}).encode()

    def asks(**fields: Any) -> bytes:
        return json.dumps({"agent": "support-bot", **fields}).encode()

    cases: list[tuple[str, bytes, dict[str, str], int, str]] = [
        ("unknown slug", b'{"agent": "nobody"}', JSON, 404, "not_found"),
        ("no slug at all", b'{"agent": "no such/thing"}', JSON, 404, "not_found"),
        ("inactive", b'{"agent": "asleep"}', JSON, 404, "not_found"),
        ("no origin", good, {"Content-Type": "application/json"}, 403, "origin_not_allowed"),
        ("null origin", good, JSON | {"Origin": "null"}, 403, "origin_not_allowed"),
        ("unlisted", good, JSON | {"Origin": "https://other.example"}, 403, "origin_not_allowed"),
        ("look-alike suffix", good, JSON | {"Origin": f"{ORIGIN}.evil.example"}, 403, "origin_not_allowed"),
        ("look-alike prefix", good, JSON | {"Origin": "https://evilshop.example"}, 403, "origin_not_allowed"),
        ("user info", good, JSON | {"Origin": "https://shop.example@evil.example"}, 403, "origin_not_allowed"),
        ("other scheme", good, JSON | {"Origin": "http://shop.example"}, 403, "origin_not_allowed"),
        ("other port", good, JSON | {"Origin": "https://shop.example:8443"}, 403, "origin_not_allowed"),
        ("endless origin", good, JSON | {"Origin": "https://" + "a" * 5000}, 403, "origin_not_allowed"),
        ("malformed", b'{"agent": ', JSON, 400, "invalid_request"),
        ("empty", b"", JSON, 400, "invalid_request"),
        ("an array", b'["support-bot"]', JSON, 400, "invalid_request"),
        ("NaN", b'{"agent": "support-bot", "metadata": {"a": NaN}}', JSON, 400, "invalid_request"),
        ("twice", b'{"agent": "support-bot", "agent": "x"}', JSON, 400, "invalid_request"),
        ("too deep", b'{"agent":' + b"[" * 5000, JSON, 400, "invalid_request"),
        ("2 MB", b'{"agent": "' + b"a" * 2_097_152 + b'"}', JSON, 413, "payload_too_large"),
        ("XML", b"<agent/>", JSON | {"Content-Type": "text/xml"}, 415, "unsupported_media_type"),
        ("a form", b"agent=support-bot", {"Origin": ORIGIN}, 400, "invalid_request"),
        ("no agent", b"{}", JSON, 422, "validation_failed"),
        ("agent is no text", b'{"agent": 5}', JSON, 422, "validation_failed"),
        ("unknown voice", asks(voice_model="nobody-v9"), JSON, 422, "validation_failed"),
        ("no language", asks(language="tlh"), JSON, 422, "validation_failed"),
        ("metadata", asks(metadata={"a": "é" * 8_192}), JSON, 422, "validation_failed"),
        ("metadata is no object", asks(metadata=[1]), JSON, 422, "validation_failed"),
        ("prompt", asks(system_prompt="é" * 32_769), JSON, 422, "validation_failed"),
        ("headers", asks(mcp_headers={"X-A": "a\r\nX-B: b"}), JSON, 422, "validation_failed"),
        ("long number", asks(metadata={"id": 1186743920495743016}), JSON, 422, "validation_failed"),
    ]
    async with site.house.worker():
        before = set(await rooms(site))
        for name, body, headers, status, code in cases:
            watch = Stopwatch()
            answer = await site.nobody.post(START, content=body, headers=headers)
            assert watch.seconds() < 1.0, name
            shown = refused(answer, status, code)
            assert bool(shown["errors"]) == (status == 422), name
            if status == 404:
                assert "access-control-allow-origin" not in answer.headers, name
            if status == 403:
                assert answer.headers.get("access-control-allow-origin") == headers.get("Origin"), name
        assert await site.sessions() == []
        assert set(await rooms(site)) <= before
        began_well = await asyncio.gather(*(site.start() for _ in range(3)))
        assert [answer.status_code for answer in began_well] == [200] * 3


async def test_the_credential_and_the_origin_are_judged_before_the_fields(site: Site) -> None:
    """Contract 14.12 (credentials on `agent-session`): a credential that is presented must be good, else 401, whatever
    the `Origin`; nothing presented and no `Origin` is 403."""
    bad_key, bad_token = {"X-API-Key": "sk_nonsense"}, {"Authorization": "Bearer nonsense"}
    faulty: tuple[dict[str, Any], ...] = ({"metadata": []}, {"greeting": 5}, {"metadata": {"id": 2**60}})
    for fields in faulty:
        for headers, agent, status, code in (
            (bad_key, "support-bot", 401, "not_authenticated"),
            (bad_token, "support-bot", 401, "not_authenticated"),
            (bad_token | {"Origin": ORIGIN}, "support-bot", 401, "not_authenticated"),
            ({}, "support-bot", 403, "origin_not_allowed"),
            ({"Origin": "https://other.example"}, "support-bot", 403, "origin_not_allowed"),
            ({"Origin": ORIGIN}, "nobody", 404, "not_found"),
            ({"Origin": ORIGIN}, "support-bot", 422, "validation_failed"),
            ({"X-API-Key": site.key}, "support-bot", 422, "validation_failed"),
        ):
            answer = await site.nobody.post(START, json={"agent": agent, **fields}, headers=headers)
            refused(answer, status, code)
    refused(await site.nobody.post(START, json={}, headers=bad_key), 401, "not_authenticated")
    refused(await site.nobody.post(START, json={}), 403, "origin_not_allowed")
    refused(await site.keyed.post(START, json={}), 422, "validation_failed")
    # What is no JSON object is told to everybody.
    refused(await site.nobody.post(START, content=b"{", headers=bad_key), 400, "invalid_request")


async def test_limits_are_exact(site: Site) -> None:
    overhead = len('{"a":""}')
    async with site.house.worker(slots=5):
        assert (await site.start(metadata={"a": "x" * (16_384 - overhead)})).status_code == 200
        refused(await site.start(metadata={"a": "x" * (16_385 - overhead)}), 422, "validation_failed")
        assert (await site.start(system_prompt="x" * 65_536)).status_code == 200
        refused(await site.start(system_prompt="x" * 65_537), 422, "validation_failed")
        padding = 1_048_576 - len(b'{"agent": "support-bot"}')
        exact = b'{"agent": "support-bot"}' + b" " * padding
        assert (await site.nobody.post(START, content=exact, headers=JSON)).status_code == 200
        refused(await site.nobody.post(START, content=exact + b" ", headers=JSON), 413, "payload_too_large")

        async def dribble() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b" " * 65_536

        refused(await site.nobody.post(START, content=dribble(), headers=JSON), 413, "payload_too_large")


async def test_a_json_object_is_taken_under_every_documented_type(site: Site) -> None:
    body = b'{"agent": "support-bot"}'
    async with site.house.worker(slots=6):
        for kind in (
            None,
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/plain;charset=UTF-8",
            "application/x-www-form-urlencoded",
        ):
            headers = {"Origin": ORIGIN} | ({} if kind is None else {"Content-Type": kind})
            assert (await site.nobody.post(START, content=body, headers=headers)).status_code == 200, kind


async def test_no_room_is_said_within_a_second_and_readable_by_the_page(site: Site) -> None:
    await site.house.set_limit(2)
    async with site.house.worker(slots=1):
        assert (await site.start()).status_code == 200
        watch = Stopwatch()
        full = await site.start()
        assert watch.seconds() < 1.0
        refused(full, 503, "at_capacity")
        async with site.house.worker(slots=3):
            assert (await site.start()).status_code == 200
            watch = Stopwatch()
            over = await site.start()
            assert watch.seconds() < 1.0
            refused(over, 429, "concurrency_limit_reached")
    for answer in (full, over):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Retry-After" in answer.headers["access-control-expose-headers"]


async def test_starts_of_one_address_have_a_rate_and_the_page_reads_it(make_site: MakeSite) -> None:
    """Contract 14.1. The owner's starts have none."""
    site = await make_site(sessions={"start_rate_by_address": "2 per 1 hour"})
    async with site.house.worker(slots=9):
        for _ in range(2):
            assert (await site.start()).status_code == 200
        over = await site.start()
        refused(over, 429, "rate_limited")
        assert over.headers["access-control-allow-origin"] == ORIGIN
        assert (await site.keyed.post(START, json={"agent": "support-bot"})).status_code == 200


async def test_ten_starts_at_once_with_three_slots(site: Site) -> None:
    async def start() -> httpx.Response:
        watch = Stopwatch()
        answer = await site.start()
        assert watch.seconds() < 1.0
        return answer

    async with site.house.worker(slots=3):
        watch = Stopwatch()
        answers = await asyncio.gather(*(start() for _ in range(10)))
        assert watch.seconds() < 2.0
        started = [answer for answer in answers if answer.status_code == 200]
        assert len(started) == 3
        for answer in answers:
            if answer.status_code != 200:
                refused(answer, 503, "at_capacity")
        for answer in started:
            path = f"/api/agents/sessions/{answer.json()['session_id']}/end/"
            assert (await site.owner.post(path)).json()["end_reason"] == "ended_by_api"
        again = await asyncio.gather(*(site.start() for _ in range(3)))
        assert [answer.status_code for answer in again] == [200] * 3
