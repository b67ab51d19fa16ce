"""Redis, PostgreSQL or the service itself away in mid-call: the call goes on and the leases are right afterwards."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from livekit import api

from deploy.local.ports import pick_ports
from services.kit.errors import CallboxError, Code
from services.kit.rpc.client import call, connect
from services.sessions.admission.redis_scripts import RedisScripts
from services.sessions.admission.slots import Admission
from services.sessions.app import running
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import SessionsHouse, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fixtures.callers import DirectedWorker
    from tests.fixtures.livekit import LiveKitServer
    from tests.fixtures.postgres import PostgresServer
    from tests.fixtures.reaper_passes import Past
    from tests.fixtures.redis import RedisServer


@pytest_asyncio.fixture
async def admission(house: SessionsHouse) -> AsyncIterator[Admission]:
    """What the leases are, seen from beside."""

    async def none() -> list[object]:
        raise AssertionError("nothing is to be built here")

    scripts = RedisScripts(house.settings.redis_url)
    yield Admission(scripts, house.settings, none)  # type: ignore[arg-type]
    await scripts.close()


async def busy(admission: Admission) -> int:
    return (await admission.capacity())[2]


async def claimed(house: SessionsHouse, worker: DirectedWorker) -> str:
    session_id = (await house.begin()).session.session_id

    async def is_claimed() -> bool:
        return session_id in worker.claims

    await until(is_claimed)
    return session_id


async def test_leases_live_as_long_as_the_worker_reports(
    house: SessionsHouse, admission: Admission, past: Past
) -> None:
    async with house.worker(slots=3) as worker:
        sessions = [await claimed(house, worker) for _ in range(2)]
        await past(house, 2 * house.settings.lease_seconds)
        assert await busy(admission) == 2
        assert (await admission.without_lease(sessions))[1] == []
    async with asyncio.timeout(2 * house.settings.grace_seconds):
        while (await admission.without_lease(sessions))[1] != sessions:
            await asyncio.sleep(0.1)


@pytest.mark.own_stack("stops or empties Redis")
async def test_leases_are_built_anew_when_redis_comes_back_empty(
    house: SessionsHouse, redis_server: RedisServer, admission: Admission, past: Past
) -> None:
    await house.set_limit(3)
    async with house.worker(slots=4) as worker:
        sessions = [await claimed(house, worker) for _ in range(3)]
        for _ in range(2):
            redis_server.empty()
            # Before the worker has reported nobody knows of its slots; the tenant's leases count at once.
            await refusal(house.begin(), Code.CONCURRENCY_LIMIT_REACHED)
            await worker.report()
            assert await busy(admission) == 3
        await past(house, house.settings.grace_seconds)
        assert await busy(admission) == 3
        for session_id in sessions:
            assert (await house.read(session_id)).status != pb.SESSION_STATUS_ENDED
            await house.end(session_id)

        async def free() -> bool:
            return await busy(admission) == 0

        await until(free)


@pytest.mark.own_stack("stops or empties Redis")
async def test_two_processes_of_the_service_count_the_same_slots(
    house: SessionsHouse, redis_server: RedisServer, admission: Admission
) -> None:
    listen = f"127.0.0.1:{pick_ports(1)[0]}"
    twin = house.settings.model_copy(update={"listen": listen, "ops_listen": "127.0.0.1:0"})
    async with running(twin), connect(listen) as channel, house.worker(slots=3) as worker:
        stubs = [house.sessions, sessions_pb2_grpc.SessionsServiceStub(channel)]
        redis_server.empty()
        reports = await asyncio.gather(*(worker.report() for _ in range(4)))
        assert len(reports) == 4
        request = pb.StartSessionRequest(agent="support-bot")
        answers = await asyncio.gather(
            *(call(stubs[number % 2].StartSession, request, identity=house.user) for number in range(10)),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, CallboxError)]
        assert [error.code for error in refused] == [Code.AT_CAPACITY] * 7
        assert await busy(admission) == 3


@pytest.mark.own_stack("stops or empties Redis")
async def test_a_restart_of_redis_loses_no_call(
    house: SessionsHouse, redis_server: RedisServer, admission: Admission, past: Past
) -> None:
    async with house.worker(slots=2) as worker:
        session_id = await claimed(house, worker)
        redis_server.stop()
        await asyncio.sleep(2 * house.settings.lease_seconds)
        turn = pb.SessionEvent(sequence=1, turn=pb.Turn(text="Still here."))
        assert await worker.tell(session_id, turn) == 1
        redis_server.start()

        async def counted() -> bool:
            return await busy(admission) == 1

        await until(counted)
        await past(house, house.settings.grace_seconds)
        session = await house.read(session_id)
        assert session.status != pb.SESSION_STATUS_ENDED
        assert [said.text for said in session.turns] == ["Still here."]


@pytest.mark.own_stack("stops the sessions service")
async def test_a_restart_of_the_service_loses_no_call(house: SessionsHouse, admission: Admission, past: Past) -> None:
    async with house.worker(slots=2) as worker:
        session_id = await claimed(house, worker)
        await house.stop()
        await asyncio.sleep(2 * house.settings.lease_seconds)
        await house.start()
        await past(house, house.settings.grace_seconds)
        assert (await house.read(session_id)).status != pb.SESSION_STATUS_ENDED
        assert await busy(admission) == 1
        turn = pb.SessionEvent(sequence=1, turn=pb.Turn(text="Still here."))
        assert await worker.tell(session_id, turn) == 1


@pytest.mark.own_stack("stops PostgreSQL")
async def test_a_restart_of_postgresql_loses_no_call(
    house: SessionsHouse, postgres_server: PostgresServer, admission: Admission, past: Past
) -> None:
    async with house.worker(slots=2) as worker:
        session_id = await claimed(house, worker)
        turn = pb.SessionEvent(sequence=1, turn=pb.Turn(text="Still here."))
        postgres_server.stop()
        try:
            await refusal(worker.tell(session_id, turn), Code.UPSTREAM_UNAVAILABLE)
            await asyncio.sleep(2 * house.settings.lease_seconds)
        finally:
            postgres_server.start()

        async def told() -> bool:
            try:
                return await worker.tell(session_id, turn) == 1
            except CallboxError as error:
                if error.code is not Code.UPSTREAM_UNAVAILABLE:
                    raise
                return False

        await until(told)
        await past(house, house.settings.grace_seconds)
        session = await house.read(session_id)
        assert session.status != pb.SESSION_STATUS_ENDED
        assert [said.text for said in session.turns] == ["Still here."]
        assert await busy(admission) == 1


async def test_webhooks_are_taken_from_livekit_alone(house: SessionsHouse, livekit_server: LiveKitServer) -> None:
    address = f"http://{house.settings.ops_listen}"
    forged = api.AccessToken(livekit_server.key, "another secret that is long enough").with_sha256("x").to_jwt()
    of_another_body = api.AccessToken(livekit_server.key, livekit_server.secret).with_sha256("eA==").to_jwt()
    async with aiohttp.ClientSession() as http:
        for headers, body, status in (
            ({}, b"{}", 401),
            ({"Authorization": forged}, b"{}", 401),
            ({"Authorization": of_another_body}, b"{}", 401),
            ({"Authorization": of_another_body}, b"\xff" * 10, 401),
            ({}, b"x" * 300_000, 413),
        ):
            async with http.post(f"{address}/livekit/webhook", headers=headers, data=body) as answer:
                assert answer.status == status
                assert (await answer.json())["success"] is False


@pytest.mark.own_stack("stops or empties Redis")
async def test_readiness_tells_of_every_part_and_of_slots(
    house: SessionsHouse, livekit_server: LiveKitServer, redis_server: RedisServer
) -> None:
    address = f"http://{house.settings.ops_listen}/readyz"
    async with aiohttp.ClientSession() as http, house.worker(slots=3) as worker:
        await claimed(house, worker)
        async with http.get(address) as answer:
            assert answer.status == 200
            checks = (await answer.json())["checks"]
        assert checks == {
            "postgresql": "ok",
            "redis": "ok",
            "livekit": "ok",
            "workers": "2 free of 3 slots, 1 workers",
        }
        redis_server.stop()
        try:
            async with http.get(address) as answer:
                assert answer.status == 503
                assert "Redis" in (await answer.json())["checks"]["redis"]
        finally:
            redis_server.start()
