"""Contract 3.1, 3.4, 3.7 and 14.4: a session is admitted with everything in place, or leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.struct_pb2 import Struct
from opentelemetry import context

from services.kit.errors import CallboxError, Code
from services.kit.rpc.client import call
from services.kit.tracing import incoming
from services.sessions.admission.redis_scripts import RedisScripts
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import ORIGIN, MakeHouse, SessionsHouse, until
from tests.fixtures.stopwatch import Stopwatch

if TYPE_CHECKING:
    from tests.fixtures.livekit import LiveKitServer
    from tests.fixtures.postgres import PostgresServer
    from tests.fixtures.redis import RedisServer


def _struct(**content: str) -> Struct:
    message = Struct()
    message.update(content)
    return message


async def test_a_start_answers_all_a_caller_needs_and_the_worker_gets_the_call(
    house: SessionsHouse, livekit_server: LiveKitServer
) -> None:
    async with house.worker() as worker:
        metadata = Struct()
        metadata.update({"user_id": 42, "plan": "pro"})
        started = await house.begin(
            greeting="Good day!", origin_url=f"{ORIGIN}/cart", metadata=metadata, mcp_headers={"X-Org": "7"}
        )
        session = started.session
        assert session.session_id.startswith("sess_")
        assert len(session.session_id) >= 25
        assert session.status == pb.SESSION_STATUS_CREATED
        assert session.tenant_id == house.tenant_id
        assert session.room_name.startswith("callbox-support-bot-")
        assert dict(session.metadata) == {"user_id": 42, "plan": "pro"}
        assert (started.system_prompt, started.greeting) == ("You help.", "Good day!")
        assert started.token_ttl.seconds == 3600
        claims = jwt.decode(started.token, livekit_server.secret, algorithms=["HS256"])
        assert claims["sub"] == started.participant_identity
        assert claims["video"]["room"] == session.room_name
        assert claims["video"]["canUpdateOwnMetadata"]

        await until(lambda: _is(session.session_id in worker.claims))
        claim = worker.claims[session.session_id]
        assert claim.character.greeting == "Good day!"
        assert (claim.character.stt_model, claim.character.tts_model) == ("moonshine-tiny-en", "hibari-en")
        assert claim.participant_identity == started.participant_identity
        assert dict(claim.mcp_headers) == {"X-Org": "7"}
        assert (claim.last_sequence, claim.join_timeout.seconds, claim.idle_timeout.seconds) == (0, 30, 120)


async def test_the_trace_of_the_request_goes_on_to_the_worker(house: SessionsHouse) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    async with house.worker() as worker:
        token = context.attach(incoming({"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}))
        try:
            started = await house.begin()
        finally:
            context.detach(token)
        await until(lambda: _is(started.session.session_id in worker.claims))
        claim = worker.claims[started.session.session_id]
        assert claim.trace_context["traceparent"].split("-")[1] == trace_id


async def test_of_ten_starts_at_once_three_get_the_slots_and_the_slots_come_back(house: SessionsHouse) -> None:
    async with house.worker(slots=3):
        watch = Stopwatch()
        answers = await asyncio.gather(*(house.begin() for _ in range(10)), return_exceptions=True)
        assert watch.seconds() < 1.0
        admitted = [answer for answer in answers if isinstance(answer, pb.StartSessionResponse)]
        refused = [answer for answer in answers if isinstance(answer, CallboxError)]
        assert len(admitted) == 3
        assert [error.code for error in refused] == [Code.AT_CAPACITY] * 7
        assert all(error.retry_after_seconds for error in refused)

        for answer in admitted:
            await house.end(answer.session.session_id)
        await _eventually_begins(house, 3)


async def test_many_commands_at_once_wait_for_a_connection_to_redis(house: SessionsHouse) -> None:
    """More commands than connections: the rest wait their turn and are not refused."""
    scripts = RedisScripts(house.settings.redis_url)
    try:
        answers = await asyncio.gather(*(scripts.run("capacity") for _ in range(50)), return_exceptions=True)
    finally:
        await scripts.close()
    assert [answer for answer in answers if isinstance(answer, BaseException)] == []


async def test_a_tenant_at_its_limit_is_refused_for_that(house: SessionsHouse) -> None:
    await house.set_limit(2)
    async with house.worker(slots=5):
        first, _ = await asyncio.gather(house.begin(), house.begin())
        error = await refusal(house.begin(), Code.CONCURRENCY_LIMIT_REACHED)
        assert error.retry_after_seconds
        await house.end(first.session.session_id)
        await _eventually_begins(house)


async def test_visitors_start_at_most_so_many_calls(make_house: MakeHouse, redis_server: RedisServer) -> None:
    """Contract 14.1: 429 `rate_limited` with when to come back, by address and by character; never for the owner."""
    house = await make_house(start_rate_by_address="3 per 1 hour", start_rate_by_character="5 per 1 hour")
    visitor = house.callers.visitor(ORIGIN)

    async def begin(address: str, identity: str = visitor) -> str:
        return (await house.begin(identity=identity, client_address=address)).session.session_id

    async with house.worker(slots=20):
        for number in range(3):
            await begin(f"2001:db8::{number}")
        error = await refusal(begin("2001:db8::9"), Code.RATE_LIMITED)
        assert error.retry_after_seconds
        for address in ("192.0.2.1", ""):
            await begin(address)
        await refusal(begin("192.0.2.2"), Code.RATE_LIMITED)
        await begin("2001:db8::1", house.user)
        # A refused start took neither lease nor slot.
        listed = await call(house.sessions.ListSessions, pb.ListSessionsRequest(), identity=house.user)
        assert listed.total_size == 6


async def test_the_worker_with_the_most_free_slots_gets_the_call_and_a_draining_one_none(house: SessionsHouse) -> None:
    async with house.worker(slots=1) as small, house.worker(slots=4) as large, house.worker(slots=9) as draining:
        draining.draining = True
        await draining.report()
        for _ in range(5):
            await house.begin()
        await until(lambda: _is(len(small.claims) == 1 and len(large.claims) == 4))
        assert not draining.claims
        await refusal(house.begin(), Code.AT_CAPACITY)


async def test_a_worker_must_say_where_it_takes_calls(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        for address in ("", "x" * 261, "host\n:1"):
            worker.address = address
            error = await refusal(worker.report(), Code.VALIDATION_FAILED)
            assert list(error.fields) == ["worker.address"]


BAD_OVERRIDES: list[tuple[str, Any]] = [
    ("language", "de"),
    ("language", "not a tag"),
    ("voice_model", "nobody"),
    ("reference_audio_url", "https://shop.example/me.wav"),
    ("system_prompt", "x" * 65_537),
    ("greeting", "x" * 5_001),
    ("origin_url", "https://x/" + "a" * 2_048),
    ("origin_url", "https://x/\0"),
    ("mcp_headers", {f"h{number}": "v" for number in range(51)}),
    ("mcp_headers", {"X-Org": "\0"}),
    ("metadata", _struct(note="x" * 16_384)),
    ("metadata", _struct(note="a\0b")),
]


async def test_a_bad_override_is_named_and_takes_no_slot(house: SessionsHouse) -> None:
    async with house.worker(slots=1):
        for field, value in BAD_OVERRIDES:
            error = await refusal(house.begin(**{field: value}), Code.VALIDATION_FAILED)
            assert list(error.fields) == [field]
        await house.begin(language="en-US", voice_model="chatterbox-en-v1")


async def test_who_may_start_what(house: SessionsHouse) -> None:
    callers = house.callers
    async with house.worker(slots=3):
        await house.begin(identity=callers.visitor(ORIGIN))
        await refusal(house.begin(identity=callers.visitor(f"{ORIGIN}.evil.io")), Code.ORIGIN_NOT_ALLOWED)
        await refusal(house.begin(agent="nobody"), Code.NOT_FOUND)
        await refusal(house.begin(identity=callers.user(77, "ten_other")), Code.NOT_FOUND)
        await refusal(house.begin(identity=callers.service("agent")), Code.PERMISSION_DENIED)


async def test_without_a_worker_there_is_no_call(house: SessionsHouse) -> None:
    watch = Stopwatch()
    await refusal(house.begin(), Code.AT_CAPACITY)
    assert watch.seconds() < 1.0


@pytest.mark.production_deadlines
@pytest.mark.own_stack("stops PostgreSQL")
async def test_while_postgresql_is_away_a_start_is_refused_within_a_second_and_takes_nothing(
    house: SessionsHouse, postgres_server: PostgresServer
) -> None:
    async with house.worker(slots=1):
        postgres_server.stop()
        try:
            watch = Stopwatch()
            error = await refusal(house.begin(), Code.UPSTREAM_UNAVAILABLE)
            assert watch.seconds() < 1.0
            assert error.retry_after_seconds
        finally:
            postgres_server.start()
        await _eventually_begins(house)


@pytest.mark.production_deadlines
@pytest.mark.own_stack("stops or empties Redis")
async def test_while_redis_is_away_a_start_is_refused_within_a_second(
    house: SessionsHouse, redis_server: RedisServer
) -> None:
    async with house.worker(slots=1):
        redis_server.stop()
        try:
            watch = Stopwatch()
            await refusal(house.begin(), Code.UPSTREAM_UNAVAILABLE)
            assert watch.seconds() < 1.0
        finally:
            redis_server.start()
        await _eventually_begins(house)


@pytest.mark.production_deadlines
async def test_while_livekit_is_away_a_start_is_refused_within_a_second_and_nothing_half_made_stays(
    make_house: MakeHouse, livekit_server: LiveKitServer
) -> None:
    house = await make_house()
    async with house.worker(slots=1):
        livekit_server.stop()
        try:
            watch = Stopwatch()
            await refusal(house.begin(), Code.UPSTREAM_UNAVAILABLE)
            assert watch.seconds() < 1.0
            await until(lambda: _has_none(house))
        finally:
            livekit_server.start()
    async with house.worker(slots=1):
        await _eventually_begins(house)


async def _is(value: bool) -> bool:
    return value


async def _has_none(house: SessionsHouse) -> bool:
    answer = await call(house.sessions.ListSessions, pb.ListSessionsRequest(), identity=house.user)
    return answer.total_size == 0


async def _eventually_begins(house: SessionsHouse, times: int = 1) -> None:
    """Starts sessions, trying again while there is no slot or a part is not back yet."""
    left = times

    async def begins() -> bool:
        nonlocal left
        with contextlib.suppress(CallboxError):
            await house.begin()
            left -= 1
        return left == 0

    await until(begins)
