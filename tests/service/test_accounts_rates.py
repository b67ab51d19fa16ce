"""Contract 14.2: login and signup are rate limited by address and by account, alike for an unknown e-mail."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
import redis
from callbox.accounts.v1 import accounts_pb2 as pb
from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub

from services.accounts.app import running
from services.accounts.passwords import HASHER
from services.accounts.settings import AccountsSettings
from services.kit.errors import CallboxError, Code
from services.kit.rpc.client import call, connect
from services.kit.settings import SettingsError
from tests.fixtures.refusals import refusal
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.tcp import say_nothing, tcp_server
from tests.fixtures.tenants import CHEAP_HASHER

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

    from tests.fixtures.identities import Callers
    from tests.fixtures.redis import RedisServer

EMAIL, UNKNOWN, PASSWORD = "ada@callbox.local", "nobody@callbox.local", "correct horse battery"
HOME, ELSEWHERE = "198.51.100.1", "203.0.113.9"


class Door:
    """Accounts as the gateway reaches it."""

    def __init__(self, accounts: AccountsServiceAsyncStub, gateway: str) -> None:
        self.accounts, self.gateway = accounts, gateway

    async def sign_up(self, email: str = EMAIL, address: str = HOME) -> pb.SignUpResponse:
        request = pb.SignUpRequest(email=email, password=PASSWORD, client_address=address)
        return await call(self.accounts.SignUp, request, identity=self.gateway)

    async def log_in(self, email: str = EMAIL, password: str = "wrong password", address: str = HOME) -> pb.TokenPair:
        request = pb.LogInRequest(email=email, password=password, client_address=address)
        return await call(self.accounts.LogIn, request, identity=self.gateway)

    async def refresh(self, token: str, address: str = HOME) -> pb.TokenPair:
        request = pb.RefreshTokensRequest(refresh=token, client_address=address)
        return await call(self.accounts.RefreshTokens, request, identity=self.gateway)


MakeDoor = Callable[..., Awaitable[Door]]


@pytest_asyncio.fixture
async def make_door(
    accounts_settings: AccountsSettings, hasher: PasswordHasher, callers: Callers
) -> AsyncIterator[MakeDoor]:
    """Accounts with other rates than in production."""
    async with AsyncExitStack() as stack:

        async def make(**rates: str) -> Door:
            server = await stack.enter_async_context(running(accounts_settings.model_copy(update=rates), hasher))
            channel = await stack.enter_async_context(connect(f"127.0.0.1:{server.port}"))
            return Door(AccountsServiceStub(channel), callers.service("gateway"))

        yield make


async def outcome(attempt: Awaitable[object]) -> str:
    """`ok`, or the code of the refusal."""
    try:
        await attempt
    except CallboxError as error:
        return str(error.code)
    return "ok"


async def test_an_account_takes_so_many_wrong_passwords(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_account="3 per 5 minutes")
    await door.sign_up()
    addresses = [f"198.51.100.{number}" for number in range(5)]
    tried = [await outcome(door.log_in(address=address)) for address in addresses]
    assert tried == ["not_authenticated"] * 3 + ["rate_limited"] * 2
    error = await refusal(door.log_in(password=PASSWORD), Code.RATE_LIMITED)
    assert error.retry_after_seconds is not None
    assert 200 < error.retry_after_seconds <= 300


async def test_the_limit_does_not_tell_whether_an_account_exists(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_account="3 per 5 minutes")
    await door.sign_up()

    async def answers(email: str) -> list[tuple[str, str]]:
        given = []
        for _ in range(5):
            with pytest.raises(CallboxError) as caught:
                await door.log_in(email)
            error = caught.value
            # The seconds left differ by what time has passed.
            given.append((str(error.code), "".join(mark for mark in error.message if not mark.isdigit())))
        return given

    assert await answers(EMAIL) == await answers(UNKNOWN)


async def test_the_right_password_forgets_the_wrong_ones(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_account="3 per 5 minutes")
    await door.sign_up()
    for _ in range(3):
        for _ in range(2):
            await refusal(door.log_in(EMAIL.upper()), Code.NOT_AUTHENTICATED)
        assert (await door.log_in(password=PASSWORD)).access


async def test_an_address_tries_so_often_whatever_the_account(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_address="4 per 5 minutes")
    await door.sign_up()
    tried = [await outcome(door.log_in(f"user{number}@callbox.local")) for number in range(5)]
    assert tried == ["not_authenticated"] * 4 + ["rate_limited"]
    await refusal(door.log_in(password=PASSWORD), Code.RATE_LIMITED)
    assert (await door.log_in(password=PASSWORD, address=ELSEWHERE)).access


async def test_one_ipv6_network_is_one_address(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_address="2 per 5 minutes")
    tried = [await outcome(door.log_in(address=f"2001:db8:0:1::{number}")) for number in range(3)]
    assert tried == ["not_authenticated", "not_authenticated", "rate_limited"]
    assert await outcome(door.log_in(address="2001:db8:0:2::1")) == "not_authenticated"


async def test_sign_ups_are_counted_by_address_and_by_account(make_door: MakeDoor) -> None:
    door = await make_door(sign_up_rate_by_address="4 per 1 hour", sign_up_rate_by_account="2 per 1 hour")
    tried = [await outcome(door.sign_up()) for _ in range(3)]
    assert tried == ["ok", "conflict", "rate_limited"]
    assert await outcome(door.sign_up("bob@callbox.local")) == "ok"
    assert await outcome(door.sign_up("eve@callbox.local")) == "rate_limited"
    assert await outcome(door.sign_up("eve@callbox.local", ELSEWHERE)) == "ok"


async def test_refreshes_are_counted_by_address(make_door: MakeDoor) -> None:
    door = await make_door(refresh_rate_by_address="2 per 1 minute")
    token = (await door.sign_up()).tokens.refresh
    for _ in range(2):
        token = (await door.refresh(token)).refresh
    await refusal(door.refresh(token), Code.RATE_LIMITED)
    assert (await door.refresh(token, ELSEWHERE)).access


async def test_of_many_attempts_at_once_no_more_than_the_limit_pass(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_account="3 per 5 minutes", log_in_rate_by_address="1000 per 5 minutes")
    tried = await asyncio.gather(*(outcome(door.log_in(UNKNOWN)) for _ in range(100)))
    assert set(tried) == {"not_authenticated", "rate_limited"}
    # One whose answer came too late is counted once more.
    assert 1 <= tried.count("not_authenticated") <= 3


async def test_processes_count_together(make_door: MakeDoor) -> None:
    rates = {"log_in_rate_by_account": "2 per 5 minutes"}
    first, second = await make_door(**rates), await make_door(**rates)
    tried = [await outcome(door.log_in()) for door in (first, second, first, second)]
    assert tried == ["not_authenticated", "not_authenticated", "rate_limited", "rate_limited"]


async def test_an_address_is_believed_from_the_gateway_alone(make_door: MakeDoor, callers: Callers) -> None:
    door = await make_door(log_in_rate_by_address="3 per 5 minutes")
    for identity in ("", callers.service("sessions")):
        direct = Door(door.accounts, identity)
        tried = [await outcome(direct.log_in(address=f"198.51.100.{number}")) for number in range(3)]
        assert "rate_limited" in [*tried, await outcome(direct.log_in(address=ELSEWHERE))]
    assert await outcome(door.log_in(address=ELSEWHERE)) == "not_authenticated"


async def test_the_window_moves(make_door: MakeDoor) -> None:
    door = await make_door(log_in_rate_by_account="1 per 1 second")
    await refusal(door.log_in(), Code.NOT_AUTHENTICATED)
    error = await refusal(door.log_in(), Code.RATE_LIMITED)
    assert error.retry_after_seconds == 1
    # Waiting as long as it was told to is enough.
    await asyncio.sleep(error.retry_after_seconds)
    await refusal(door.log_in(), Code.NOT_AUTHENTICATED)


async def test_nothing_personal_stands_in_redis(make_door: MakeDoor, redis_server: RedisServer) -> None:
    door = await make_door()
    await refusal(door.log_in(), Code.NOT_AUTHENTICATED)
    with redis.Redis(port=redis_server.port) as client:
        keys = b" ".join(client.keys("*")).decode()
    assert "callbox:rates" in keys
    assert HOME not in keys
    assert "ada" not in keys


@pytest.mark.production_deadlines
async def test_without_redis_people_sign_in_at_once_and_are_counted_when_it_is_back(
    make_door: MakeDoor, redis_server: RedisServer
) -> None:
    door = await make_door(log_in_rate_by_account="2 per 5 minutes")
    await door.sign_up()
    redis_server.stop()
    try:
        for _ in range(3):
            watch = Stopwatch()
            await refusal(door.log_in(), Code.NOT_AUTHENTICATED)
            assert (await door.log_in(password=PASSWORD)).access
            assert watch.seconds() < 2
    finally:
        redis_server.start()
    tried = [await outcome(door.log_in()) for _ in range(3)]
    assert tried == ["not_authenticated", "not_authenticated", "rate_limited"]


@pytest.mark.production_deadlines
async def test_a_redis_that_hangs_delays_nobody_for_long(accounts_settings: AccountsSettings, callers: Callers) -> None:
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(tcp_server(say_nothing))
        settings = accounts_settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
        accounts = await stack.enter_async_context(running(settings, CHEAP_HASHER))
        channel = await stack.enter_async_context(connect(f"127.0.0.1:{accounts.port}"))
        door = Door(AccountsServiceStub(channel), callers.service("gateway"))
        watch = Stopwatch()
        await refusal(door.log_in(), Code.NOT_AUTHENTICATED)
        assert watch.seconds() < 1.5
        # Of a crowd few pass uncounted, and the others are told to come again.
        watch = Stopwatch()
        tried = await asyncio.gather(*(outcome(door.log_in(UNKNOWN)) for _ in range(200)))
        assert watch.seconds() < 4
        assert set(tried) == {"not_authenticated", "rate_limited"}
        assert tried.count("rate_limited") > 100


@pytest.mark.parametrize("hasher", [HASHER], ids=["as in production"])
async def test_unknown_e_mail_and_wrong_password_take_the_same_time(make_door: MakeDoor) -> None:
    """Contract 14.2: the same answer and the same time."""
    door = await make_door(log_in_rate_by_account="100 per 1 minute", log_in_rate_by_address="1000 per 1 minute")
    await door.sign_up()

    async def seconds(email: str) -> float:
        started = time.perf_counter()
        await refusal(door.log_in(email), Code.NOT_AUTHENTICATED)
        return time.perf_counter() - started

    known, unknown = [], []
    for _ in range(12):
        known.append(await seconds(EMAIL))
        unknown.append(await seconds(UNKNOWN))
    median_known, median_unknown = sorted(known)[6], sorted(unknown)[6]
    assert 0.6 < median_unknown / median_known < 1.6, (median_known, median_unknown)
    # Hashing, not the round trip, is what takes the time.
    assert min(unknown) > 0.01


@pytest.mark.parametrize("rate", ["ten", "", "10 per fortnight"])
def test_a_rate_that_is_none_is_refused_at_the_start(rate: str) -> None:
    environ = {
        "CALLBOX_DATABASE_URL": "postgresql://x",
        "CALLBOX_REDIS_URL": "redis://x",
        "CALLBOX_LOG_IN_RATE_BY_ACCOUNT": rate,
    }
    with pytest.raises(SettingsError, match="CALLBOX_LOG_IN_RATE_BY_ACCOUNT"):
        AccountsSettings.load(environ)
