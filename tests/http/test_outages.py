"""Contract 14.1: PostgreSQL slow, full or gone and Redis gone are 503 with `Retry-After`, in time, and leave no halves.

Every operation of the OpenAPI document is asked, so that a new one is held to it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.fixtures.sessions import ORIGIN, until
from tests.http.site import START, refused

if TYPE_CHECKING:
    from tests.fixtures.postgres import PostgresServer
    from tests.fixtures.redis import RedisServer
    from tests.http.site import Site

pytestmark = pytest.mark.own_stack("stops and pauses PostgreSQL and Redis")

# The services behind get five seconds for a request, and a start less than one.
ANSWER_SECONDS, START_SECONDS = 6.5, 1.0
_METHODS = ("get", "post", "put", "patch", "delete")
# Without these, an answer would say nothing about the part that is away.
_EXPORT = "/api/auth/me/export/"
_NEEDS_POSTGRESQL = {
    ("get", "/api/auth/me/"),
    ("get", "/api/auth/api-keys/"),
    ("post", "/api/auth/api-keys/"),
    ("patch", "/api/auth/api-keys/{key_id}/"),
    ("delete", "/api/auth/api-keys/{key_id}/"),
    ("post", "/api/auth/signup/"),
    ("post", "/api/auth/login/"),
    ("get", "/api/ai-characters/"),
    ("post", "/api/ai-characters/"),
    ("get", "/api/ai-characters/{slug}/"),
    ("put", "/api/ai-characters/{slug}/"),
    ("patch", "/api/ai-characters/{slug}/"),
    ("delete", "/api/ai-characters/{slug}/"),
    ("post", "/api/agents/agent-session/"),
    ("get", "/api/agents/sessions/{session_id}/"),
    ("post", "/api/agents/sessions/{session_id}/end/"),
    ("get", "/api/agents/sessions/{session_id}/events/"),
    ("get", "/api/billing/usage/"),
    ("get", "/api/billing/sessions/{session_id}/"),
}
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/api/auth/signup/"): {"email": "new@shop.example", "password": "a long pass phrase"},
    ("post", "/api/auth/login/"): {"email": "owner@shop.example", "password": "a long pass phrase"},
    ("post", "/api/auth/api-keys/"): {"name": "half a key"},
    ("patch", "/api/auth/api-keys/{key_id}/"): {"name": "changed"},
    ("post", "/api/ai-characters/"): {"slug": "half-bot", "name": "Half"},
    ("put", "/api/ai-characters/{slug}/"): {"slug": "support-bot", "name": "Changed", "allowed_origins": [ORIGIN]},
    ("patch", "/api/ai-characters/{slug}/"): {"name": "Changed"},
    ("post", "/api/agents/agent-session/"): {"agent": "support-bot"},
}


@dataclass(frozen=True)
class Asked:
    """An operation, its answer, and how long it took."""

    method: str
    path: str
    answer: httpx.Response
    seconds: float

    @property
    def operation(self) -> tuple[str, str]:
        return self.method, self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.answer.status_code} in {self.seconds:.1f} s"


class House:
    """A site with something in it, every operation of its document, and what it holds."""

    def __init__(self, site: Site, document: dict[str, Any], names: dict[str, str]) -> None:
        self.site, self.document, self.names = site, document, names

    def operations(self) -> Iterator[tuple[str, str]]:
        for path, item in self.document["paths"].items():
            yield from ((method, path) for method in _METHODS if method in item)

    async def ask(self, method: str, path: str) -> Asked:
        url = path
        for name in self.names:
            url = url.replace(f"{{{name}}}", self.names[name])
        if "{" in url:
            url = url.replace("{", "").replace("}", "")
        body = None if method in ("get", "delete") else _BODIES.get((method, path), {})
        began = time.monotonic()
        try:
            async with self.site.owner.stream(method, url, json=body, timeout=20) as answer:
                # A stream of events that has begun has been answered.
                if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                    await answer.aread()
                return Asked(method, path, answer, time.monotonic() - began)
        except httpx.RemoteProtocolError:
            # So has an export, which can say only by breaking off that it is not whole.
            assert path == _EXPORT
            return Asked(method, path, httpx.Response(200), time.monotonic() - began)

    async def ask_all(self, *, at_once: bool = True, deletions: bool = True) -> list[Asked]:
        """deletions: they are asked for too; where they may succeed, there would be nothing left to ask for."""
        operations = [operation for operation in self.operations() if deletions or operation[0] != "delete"]
        if at_once:
            return await asyncio.gather(*(self.ask(*operation) for operation in operations))
        return [await self.ask(*operation) for operation in operations]

    async def holds(self) -> dict[str, Any]:
        """All that can be read, without what every look changes."""
        shown = {}
        for path in ("/api/auth/me/", "/api/ai-characters/", "/api/auth/api-keys/", "/api/billing/usage/"):
            answer = await self.site.owner.get(path)
            assert answer.status_code == 200, answer.text
            shown[path] = answer.json()
        for key in shown["/api/auth/api-keys/"]:
            del key["last_used_at"]
        for session in shown["/api/billing/usage/"]["data"]["sessions"]["data"]:
            for name in ("status", "end_reason", "ended_at", "finalized_at", "session_duration_seconds"):
                del session[name]
        return shown

    async def heals(self) -> None:
        """Returns when everything answers again."""

        async def well() -> bool:
            answers = [await self.site.owner.get(path) for path in ("/api/auth/me/", "/api/ai-characters/")]
            answers += [await self.site.owner.get("/api/billing/usage/"), await self.site.start()]
            return all(answer.status_code == 200 for answer in answers)

        await until(well)


@pytest_asyncio.fixture
async def full_house(site: Site) -> AsyncIterator[House]:
    async with site.house.worker(slots=50):
        session_id = (await site.start()).json()["session_id"]
        keys = (await site.owner.get("/api/auth/api-keys/")).json()
        names = {"slug": "support-bot", "session_id": session_id, "key_id": keys[0]["id"]}
        document = (await site.nobody.get("/api/schema/")).json()
        yield House(site, document, names)


def held_to(asked: Asked, *, must_fail: bool) -> None:
    """A refusal by the book in its time; or an answer, where the part that is away was not needed."""
    assert asked.seconds < (START_SECONDS if asked.path == START else ANSWER_SECONDS), asked
    if asked.answer.status_code == 503:
        refused(asked.answer, 503, "upstream_unavailable")
    else:
        assert asked.answer.status_code < 500, f"{asked}: {asked.answer.text[:300]}"
        assert not must_fail, asked


async def test_the_table_of_operations_is_of_now(full_house: House) -> None:
    assert set(full_house.operations()) >= _NEEDS_POSTGRESQL


async def test_postgresql_gone(full_house: House, postgres_server: PostgresServer) -> None:
    before = await full_house.holds()
    postgres_server.stop()
    try:
        for _ in range(2):
            for asked in await full_house.ask_all():
                held_to(asked, must_fail=asked.operation in _NEEDS_POSTGRESQL)
                assert not (asked.answer.is_success and asked.method != "get"), asked
    finally:
        postgres_server.start()

    async def unchanged() -> bool:
        with contextlib.suppress(AssertionError):
            return await full_house.holds() == before
        return False

    # Nothing was stored, and what was begun is undone.
    await until(unchanged)
    await full_house.heals()


async def test_postgresql_slow(full_house: House, postgres_server: PostgresServer) -> None:
    reads = {operation for operation in _NEEDS_POSTGRESQL if operation[0] == "get"}
    postgres_server.pause()
    try:
        for asked in await full_house.ask_all():
            held_to(asked, must_fail=asked.operation in _NEEDS_POSTGRESQL)
        # Nobody waits longer because others have waited before.
        for asked in await asyncio.gather(*(full_house.ask(*operation) for operation in reads)):
            held_to(asked, must_fail=True)
        began = time.monotonic()
        refused(await full_house.site.start(), 503, "upstream_unavailable")
        assert time.monotonic() - began < START_SECONDS
    finally:
        postgres_server.resume()
    await full_house.heals()
    # What PostgreSQL had taken it may have done when it went on; then it did all of it.
    owner = full_house.site.owner
    created = await owner.get("/api/ai-characters/half-bot/")
    again = await owner.post("/api/ai-characters/", json=_BODIES["post", "/api/ai-characters/"])
    assert again.status_code == (201 if created.status_code == 404 else 409)
    versions = (await owner.get("/api/ai-characters/half-bot/")).json()
    assert (versions["slug"], versions["name"]) == ("half-bot", "Half")


async def test_postgresql_out_of_connections(full_house: House, postgres_server: PostgresServer) -> None:
    held: list[asyncpg.Connection[asyncpg.Record]] = []
    try:
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            for _ in range(200):
                held.append(await asyncpg.connect(postgres_server.url(), timeout=10))  # noqa: PERF401  # to the last one
        assert len(held) < 200
        answers = [asked for _ in range(4) for asked in await full_house.ask_all(deletions=False)]
        for asked in answers:
            held_to(asked, must_fail=False)
        assert any(asked.answer.status_code == 503 for asked in answers), "the pools had connections enough"
    finally:
        await asyncio.gather(*(connection.close(timeout=5) for connection in held))
    await full_house.heals()


async def test_postgresql_that_takes_no_writes_as_managed_ones_do_when_their_disk_is_full(
    full_house: House, postgres_server: PostgresServer
) -> None:
    before = await full_house.holds()
    async with administering(postgres_server) as administrator:
        await administrator.execute("alter system set default_transaction_read_only = on")
        await administrator.execute("select pg_reload_conf()")
        try:
            await until(lambda: _is_read_only(postgres_server))
            for asked in await full_house.ask_all(at_once=False):
                written = asked.method != "get" and asked.operation in _NEEDS_POSTGRESQL
                held_to(asked, must_fail=written and asked.path != "/api/auth/login/")
                if asked.method == "get" and asked.operation in _NEEDS_POSTGRESQL and "events" not in asked.path:
                    assert asked.answer.status_code == 200, asked
        finally:
            await administrator.execute("set default_transaction_read_only = off")
            await administrator.execute("alter system reset default_transaction_read_only")
            await administrator.execute("select pg_reload_conf()")

    async def unchanged() -> bool:
        return await full_house.holds() == before

    await until(unchanged)
    await full_house.heals()


async def test_redis_gone(full_house: House, redis_server: RedisServer) -> None:
    before = await full_house.holds()
    redis_server.stop()
    try:
        for asked in await full_house.ask_all(at_once=False, deletions=False):
            held_to(asked, must_fail=asked.path == START)
        assert (await full_house.holds())["/api/billing/usage/"] == before["/api/billing/usage/"]
    finally:
        redis_server.start()
    await full_house.heals()


async def test_redis_slow(full_house: House, redis_server: RedisServer) -> None:
    redis_server.pause()
    try:
        for asked in await full_house.ask_all(deletions=False):
            held_to(asked, must_fail=asked.path == START)
    finally:
        redis_server.resume()
    await full_house.heals()


@contextlib.asynccontextmanager
async def administering(server: PostgresServer) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(server.url(), timeout=10)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def _is_read_only(server: PostgresServer) -> bool:
    async with administering(server) as connection:
        return bool(await connection.fetchval("show default_transaction_read_only") == "on")
