"""Contract 14.4 (session start) with `Idempotency-Key`: a start that is repeated starts nothing twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import jwt
import pytest
import pytest_asyncio

from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.start.idempotency import IdempotencyKey, IdempotencyKeys, Replay
from tests.fixtures.sessions import ORIGIN, until
from tests.fixtures.stopwatch import Stopwatch
from tests.http.site import START, refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    import pytest

    from tests.fixtures.livekit import LiveKitServer
    from tests.fixtures.postgres import PostgresServer
    from tests.http.site import Site

KEY = {"Idempotency-Key": "order-42"}
BODY: dict[str, Any] = {
    "agent": "support-bot",
    "metadata": {"b": 1, "a": [1, 2]},
    "mcp_headers": {"X-A": "1", "X-B": "2"},
}


async def begin(client: httpx.AsyncClient, body: dict[str, Any] = BODY, **headers: str) -> httpx.Response:
    return await client.post(START, json=body, headers=KEY | headers)


async def count(site: Site) -> int:
    return len(await site.sessions())


@pytest_asyncio.fixture
async def database(site: Site) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(site.house.settings.database_url, timeout=10)
    yield connection
    await connection.close(timeout=5)


async def test_the_same_request_again_answers_the_same_session_with_a_new_token(site: Site) -> None:
    async with site.house.worker(slots=1):
        first = await begin(site.keyed)
        assert "idempotent-replayed" not in first.headers
        # Another order of names, fields that mean nothing and the owner's other credential make no other request.
        same = {
            "mcp_headers": {"X-B": "2", "X-A": "1"},
            "metadata": {"a": [1, 2], "b": 1},
            "agent": "support-bot",
            "x": 1,
        }
        second, third = await begin(site.keyed, same), await begin(site.owner)
        data, again, bare = first.json()["data"], second.json()["data"], third.json()
        assert (first.status_code, second.status_code, third.status_code) == (200, 200, 200)
        assert second.headers["idempotent-replayed"] == "true"
        for field in set(data) - {"token", "expires_in_seconds"}:
            assert data[field] == again[field] == bare[field]
        assert 3590 <= again["expires_in_seconds"] <= 3600
        claims = jwt.decode(again["token"], site.house.livekit.secret, algorithms=["HS256"])
        assert (claims["sub"], claims["video"]["room"]) == (data["participant_identity"], data["room_name"])
        assert await count(site) == 1
        # A call that is over is still the answer: the key has had its call.
        await site.owner.post(f"/api/agents/sessions/{data['session_id']}/end/")
        assert (await begin(site.keyed)).json()["data"]["session_id"] == data["session_id"]


async def test_a_key_with_another_body_is_a_conflict(site: Site) -> None:
    async with site.house.worker():
        assert (await begin(site.keyed)).status_code == 200
        for other in (BODY | {"greeting": "Hi"}, BODY | {"metadata": {"a": [2, 1], "b": 1}}, {"agent": "support-bot"}):
            refused(await begin(site.keyed, other), 409, "conflict")
        assert await count(site) == 1


async def test_many_at_once_start_one_call(site: Site) -> None:
    async with site.house.worker(slots=1):
        watch = Stopwatch()
        answers = await asyncio.gather(*(begin(site.keyed) for _ in range(20)))
        assert watch.seconds() < 3.0
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["data"]["session_id"] for answer in answers}) == 1
        assert [answer.headers.get("idempotent-replayed") for answer in answers].count(None) == 1
        assert await count(site) == 1


async def test_no_transaction_is_open_while_the_room_is_made(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow LiveKit must not use up the connections to PostgreSQL."""
    create = Rooms.create
    open_transactions: list[int] = []

    async def slowly(rooms: Rooms, room: str) -> None:
        # The session is stored meanwhile.
        await asyncio.sleep(0.1)
        counted = "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
        database = await asyncpg.connect(site.house.settings.database_url, timeout=10)
        open_transactions.append(await database.fetchval(counted))
        await database.close(timeout=5)
        await create(rooms, room)

    monkeypatch.setattr(Rooms, "create", slowly)
    async with site.house.worker():
        assert (await begin(site.keyed)).status_code == 200
    assert open_transactions == [0]


async def test_one_under_way_that_takes_too_long_is_said(
    site: Site, database: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with site.house.worker():
        await begin(site.keyed)
        await database.execute("update sessions.start_keys set session_row = null, answer = null, create_time = now()")
        watch = Stopwatch()
        body = refused(await begin(site.keyed), 409, "conflict")
        assert watch.seconds() < 1.0
        assert "under way" in body["message"]
        # Its process has died: nobody will ever bind it.
        await database.execute("update sessions.start_keys set create_time = now() - interval '4 seconds'")
        assert (await begin(site.keyed)).status_code == 200


async def test_a_refused_start_leaves_its_key_free(site: Site) -> None:
    refused(await begin(site.keyed), 503, "at_capacity")
    refused(await begin(site.keyed, {"agent": "nobody"}), 404, "not_found")
    refused(await begin(site.keyed, BODY | {"voice_model": "nobody"}), 422, "validation_failed")
    async with site.house.worker():
        assert (await begin(site.keyed)).status_code == 200


async def test_another_request_waits_until_a_refused_start_has_freed_its_key(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, free = IdempotencyKeys._take, IdempotencyKeys._free
    taken: list[bytes] = []

    async def counted(keys: IdempotencyKeys, key: IdempotencyKey) -> Replay | bool:
        try:
            return await take(keys, key)
        finally:
            taken.append(key.digest)

    async def late(keys: IdempotencyKeys, key: IdempotencyKey) -> None:
        async def other_has_asked() -> bool:
            return taken[-1] != key.digest

        await until(other_has_asked)
        await free(keys, key)

    monkeypatch.setattr(IdempotencyKeys, "_take", counted)
    monkeypatch.setattr(IdempotencyKeys, "_free", late)
    async with site.house.worker():
        refused(await begin(site.keyed, BODY | {"voice_model": "nobody"}), 422, "validation_failed")
        assert (await begin(site.keyed)).status_code == 200


@pytest.mark.own_stack("stops LiveKit")
async def test_a_start_that_failed_half_way_is_not_answered_again(
    site: Site, livekit_server: LiveKitServer, database: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with site.house.worker():
        livekit_server.stop()
        try:
            refused(await begin(site.keyed), 503, "upstream_unavailable")
            refused(await begin(site.keyed), 503, "upstream_unavailable")

            async def is_undone() -> bool:
                return bool(await database.fetchval("select count(*) = 0 from sessions.sessions"))

            await until(is_undone)
        finally:
            livekit_server.start()
    async with site.house.worker():

        async def begins() -> bool:
            return (await begin(site.keyed)).status_code == 200

        await until(begins)
        assert await count(site) == 1


@pytest.mark.production_deadlines
@pytest.mark.own_stack("stops PostgreSQL")
async def test_while_postgresql_is_away_nothing_is_started_and_the_key_serves_later(
    site: Site, postgres_server: PostgresServer
) -> None:
    async with site.house.worker():
        postgres_server.stop()
        try:
            watch = Stopwatch()
            refused(await begin(site.keyed), 503, "upstream_unavailable")
            assert watch.seconds() < 1.0
        finally:
            postgres_server.start()

        async def begins() -> bool:
            return (await begin(site.keyed)).status_code == 200

        await until(begins)
        assert await count(site) == 1


async def test_keys_of_others_are_others(site: Site) -> None:
    stranger = await site.stranger()
    await stranger.post("/api/ai-characters/", json={"slug": "their-bot", "name": "Theirs"})
    async with site.house.worker():
        mine = (await begin(site.keyed)).json()["data"]
        theirs = await begin(stranger, {"agent": "their-bot"})
        assert theirs.json()["character_slug"] == "their-bot"
        assert theirs.json()["session_id"] != mine["session_id"]


async def test_a_visitors_key_is_passed_over(site: Site) -> None:
    """Nothing tells one visitor from another: a key that was guessed would give away a seat in somebody's call."""
    async with site.house.worker():
        ids = [(await begin(site.nobody, Origin=ORIGIN)).json()["session_id"] for _ in range(2)]
        assert ids[0] != ids[1]
        long = await site.nobody.post(START, json=BODY, headers={"Origin": ORIGIN, "Idempotency-Key": "x" * 300})
        assert long.status_code == 200


async def test_a_key_has_limits(site: Site) -> None:
    async with site.house.worker():
        for key in (b"x" * 256, "schlüssel".encode(), b"tab\there"):
            answer = await site.keyed.post(START, json=BODY, headers={b"Idempotency-Key": key})
            body = refused(answer, 422, "validation_failed")
            assert list(body["errors"]) == ["Idempotency-Key"]
        assert (await site.keyed.post(START, json=BODY, headers={"Idempotency-Key": "x" * 255})).status_code == 200


async def test_a_key_is_forgotten_after_a_day(
    site: Site, database: asyncpg.Connection[asyncpg.Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site.house.worker():
        first = (await begin(site.keyed)).json()["data"]["session_id"]
        await database.execute("update sessions.start_keys set create_time = now() - interval '23 hours 59 minutes'")
        assert (await begin(site.keyed)).json()["data"]["session_id"] == first
        await database.execute("update sessions.start_keys set create_time = now() - interval '25 hours'")

        async def purged() -> bool:
            return bool(await database.fetchval("select count(*) from sessions.start_keys") == 0)

        await until(purged)

        async def nothing(_: IdempotencyKeys) -> None:
            return

        # Also when nobody has purged it yet.
        monkeypatch.setattr(IdempotencyKeys, "delete_expired", nothing)
        second = (await begin(site.keyed)).json()["data"]["session_id"]
        await database.execute("update sessions.start_keys set create_time = now() - interval '25 hours'")
        third = (await begin(site.keyed)).json()["data"]["session_id"]
        assert len({first, second, third}) == 3
