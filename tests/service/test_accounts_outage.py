"""PostgreSQL away and back again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from callbox.accounts.v1 import accounts_pb2 as pb

from services.accounts.app import running
from services.accounts.settings import AccountsSettings
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from tests.fixtures.refusals import refusal
from tests.fixtures.stopwatch import Stopwatch

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

    from tests.fixtures.postgres import PostgresServer

PASSWORD = "correct horse battery"


async def log_in(accounts: AccountsServiceAsyncStub) -> pb.TokenPair:
    return await call(accounts.LogIn, pb.LogInRequest(email="ada@callbox.local", password=PASSWORD))


@pytest.mark.own_stack("stops PostgreSQL")
async def test_a_request_while_the_database_is_away_says_try_again_and_the_service_heals(
    accounts: AccountsServiceAsyncStub, postgres_server: PostgresServer
) -> None:
    await call(accounts.SignUp, pb.SignUpRequest(email="ada@callbox.local", password=PASSWORD))
    postgres_server.stop()
    try:
        for _ in range(3):
            watch = Stopwatch()
            error = await refusal(log_in(accounts), Code.UPSTREAM_UNAVAILABLE)
            assert error.retry_after_seconds in (1, 2)
            assert watch.seconds() < 2
    finally:
        postgres_server.start()
    assert (await log_in(accounts)).access


@pytest.mark.own_stack("stops PostgreSQL")
async def test_a_restart_between_requests_is_not_noticed(
    accounts: AccountsServiceAsyncStub, postgres_server: PostgresServer
) -> None:
    await call(accounts.SignUp, pb.SignUpRequest(email="ada@callbox.local", password=PASSWORD))
    await asyncio.gather(*(log_in(accounts) for _ in range(4)))
    postgres_server.restart()
    await asyncio.sleep(0.05)
    assert (await log_in(accounts)).access


async def test_readiness_follows_the_database(
    accounts_settings: AccountsSettings, postgres_server: PostgresServer, unused_tcp_port: int
) -> None:
    settings = accounts_settings.model_copy(update={"ops_listen": f"127.0.0.1:{unused_tcp_port}"})
    async with running(settings), httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as http:
        assert (await http.get("/readyz")).json() == {"status": "ready", "checks": {"database": "ok"}}
        postgres_server.stop()
        try:
            answer = await http.get("/readyz")
            assert answer.status_code == 503
            assert "PostgreSQL does not answer" in answer.json()["checks"]["database"]
            assert (await http.get("/healthz")).status_code == 200
        finally:
            postgres_server.start()
        assert (await http.get("/readyz")).status_code == 200
        assert "callbox_rpc_server_duration_seconds" in (await http.get("/metrics")).text


async def test_a_service_waits_for_a_database_that_comes_up_late(
    accounts_settings: AccountsSettings, postgres_server: PostgresServer
) -> None:
    postgres_server.stop()
    try:
        starting = asyncio.create_task(_sign_up_once(accounts_settings))
        await asyncio.sleep(0.5)
        assert not starting.done()
    finally:
        postgres_server.start()
    assert (await asyncio.wait_for(starting, 10)).user.id == 1


async def _sign_up_once(settings: AccountsSettings) -> pb.SignUpResponse:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub

    async with running(settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        stub = AccountsServiceStub(channel)
        return await call(stub.SignUp, pb.SignUpRequest(email="ada@callbox.local", password=PASSWORD))


async def test_two_replicas_migrate_once(accounts_settings: AccountsSettings) -> None:
    settings = accounts_settings
    async with running(settings), running(settings):
        pass
    answers = await asyncio.gather(_start_and_stop(settings), _start_and_stop(settings))
    assert all(answers)


async def _start_and_stop(settings: AccountsSettings) -> bool:
    async with running(settings) as server:
        return server.port > 0
