"""Contract 14.1: PostgreSQL slow, full or gone and Redis gone are 503 with `Retry-After`, in time, and leave no halves.

Every operation of the OpenAPI document is asked with a good request. An operation may answer without the part that is
away only if a table below says why.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.fixtures.sessions import ORIGIN, until
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.tenants import OWNER
from tests.http.requests import PLACE, Route, routes
from tests.http.site import START, refused
from tests.http.test_accounts_contract import log_in, make_staff

if TYPE_CHECKING:
    from tests.fixtures.postgres import PostgresServer
    from tests.fixtures.redis import RedisServer
    from tests.http.site import Site

pytestmark = [pytest.mark.own_stack("stops and pauses PostgreSQL and Redis"), pytest.mark.production_deadlines]

# The services behind get five seconds for a request, and a start less than one.
ANSWER_SECONDS, START_SECONDS = 6.5, 1.0
_STAFF = {"email": "staff@callbox.example", "password": "a staff pass phrase"}
_EXPORT = "/api/auth/me/export/"
_ROUTES = {route.name: route for route in routes()}


_NOT_CONFIGURED = {
    "GET /api/auth/google/": "404: sign-in with Google is not configured",
    "GET /api/auth/google/callback/": "404: sign-in with Google is not configured",
    "POST /api/auth/google/link/": "404: sign-in with Google is not configured",
}
# Operations that may answer while PostgreSQL is away, and why. Every other one must answer 503.
_WITHOUT_POSTGRESQL: dict[str, str] = {
    **_NOT_CONFIGURED,
    "GET /api/voices/": "it reads the catalogue, which is a file",
    "GET /api/voices/{voice}/sample/": "it reads a file beside the catalogue",
}
# Operations that change nothing: they must work while PostgreSQL takes no writes.
_READS_BY_POST: dict[str, str] = {
    "POST /api/knowledge-base/query/": "searches",
}
# Reasons why an operation needs no Redis.
_ROWS = "it uses PostgreSQL and stored files only"
_CATALOGUE = "it reads files only: the catalogue and what is beside it"
_NOT_COUNTED = "without Redis its rate limit lets every request pass, so that an outage locks nobody out"
_LEASES = "PostgreSQL stores the end of the call; the lease and the slot in Redis expire by themselves"
_EVENTS = "stored events come from PostgreSQL; only partial turns and states are missing"
# Operations that may answer while Redis is away, and why. Every other one must answer 503.
_WITHOUT_REDIS: dict[str, str] = {
    **_NOT_CONFIGURED,
    "GET /api/agents/sessions/{session_id}/": _ROWS,
    "POST /api/agents/sessions/{session_id}/end/": _LEASES,
    "GET /api/agents/sessions/{session_id}/events/": _EVENTS,
    "GET /api/agents/{slug}/appearance/": _ROWS,
    "GET /api/agents/{slug}/form-responses/": _ROWS,
    "POST /api/agents/{slug}/form-responses/": _NOT_COUNTED,
    "GET /api/ai-characters/": _ROWS,
    "POST /api/ai-characters/": _ROWS,
    "GET /api/ai-characters/{slug}/": _ROWS,
    "PUT /api/ai-characters/{slug}/": _ROWS,
    "PATCH /api/ai-characters/{slug}/": _ROWS,
    "DELETE /api/ai-characters/{slug}/": _ROWS,
    "GET /api/ai-characters/{slug}/versions/": _ROWS,
    "GET /api/ai-characters/{slug}/versions/{number}/": _ROWS,
    "GET /api/ai-characters/{slug}/versions/{number}/diff/": _ROWS,
    "POST /api/ai-characters/{slug}/versions/{number}/restore/": _ROWS,
    "PUT /api/ai-characters/{slug}/image/": _ROWS,
    "PUT /api/ai-characters/{slug}/voice/": _ROWS,
    "GET /api/media/{character_id}/{name}/": _ROWS,
    "GET /api/knowledge-base/query/": _ROWS,
    "POST /api/knowledge-base/query/": _ROWS,
    "GET /api/knowledge-base/{slug}/documents/": _ROWS,
    "POST /api/knowledge-base/{slug}/documents/": _ROWS,
    "DELETE /api/knowledge-base/{slug}/documents/{document_id}/": _ROWS,
    "GET /api/billing/usage/": _ROWS,
    "GET /api/billing/sessions/{session_id}/": _ROWS,
    "GET /api/webhooks/": _ROWS,
    "POST /api/webhooks/": _ROWS,
    "GET /api/webhooks/{webhook_id}/": _ROWS,
    "PATCH /api/webhooks/{webhook_id}/": _ROWS,
    "DELETE /api/webhooks/{webhook_id}/": _ROWS,
    "POST /api/webhooks/{webhook_id}/rotate-secret/": _ROWS,
    "GET /api/webhooks/{webhook_id}/deliveries/": _ROWS,
    "POST /api/webhooks/deliveries/{delivery_id}/redeliver/": _ROWS,
    "GET /api/voices/": _CATALOGUE,
    "GET /api/voices/{voice}/sample/": _CATALOGUE,
    "POST /api/auth/signup/": _NOT_COUNTED,
    "POST /api/auth/login/": _NOT_COUNTED,
    "POST /api/auth/refresh/": _NOT_COUNTED,
    "POST /api/auth/logout/": _ROWS,
    "GET /api/auth/me/": _ROWS,
    "DELETE /api/auth/me/": _NOT_COUNTED,
    "GET /api/auth/api-keys/": _ROWS,
    "POST /api/auth/api-keys/": _ROWS,
    "PATCH /api/auth/api-keys/{key_id}/": _ROWS,
    "DELETE /api/auth/api-keys/{key_id}/": _ROWS,
    "GET /api/auth/me/export/": _ROWS,
    "PATCH /api/tenants/{tenant_id}/limits/": _ROWS,
}


# The form of the example of a form response.
_FIELDS = {"first_name": "text", "email": "email", "consent": "checkbox"}
_FORM = {
    "id": "book-demo",
    "title": "Book a demo",
    "fields": [{"name": name, "label": name, "type": kind} for name, kind in _FIELDS.items()],
}
_WITH_FORM = {"widget_appearance": {"forms": [_FORM]}}
# Where the example of the document is not yet a good request: it must be the owner's, or make or change something.
_BODIES: dict[str, dict[str, Any]] = {
    "POST /api/auth/login/": OWNER,
    "DELETE /api/auth/me/": {"password": OWNER["password"]},
    "POST /api/auth/google/link/": {"password": OWNER["password"]},
    "POST /api/ai-characters/": {"slug": "half-bot", "name": "Half"},
    "PUT /api/ai-characters/{slug}/": {"name": "Changed", "allowed_origins": [ORIGIN], **_WITH_FORM},
    "PATCH /api/ai-characters/{slug}/": {"name": "Changed again"},
    "PATCH /api/webhooks/{webhook_id}/": {"url": "https://shop.example/changed"},
}
# Of required parameters.
_QUERY = {"q": "When do you open?", "character_slug": "support-bot"}


@dataclass(frozen=True)
class Asked:
    """An operation, its answer, and how long it took."""

    route: Route
    answer: httpx.Response
    seconds: float

    @property
    def name(self) -> str:
        return self.route.name

    def __str__(self) -> str:
        return f"{self.name}: {self.answer.status_code} in {self.seconds:.1f} s: {self.text[:300]}"

    @property
    def text(self) -> str:
        return "" if self.route.streams else self.answer.text


class House:
    """A site with at least one thing of every kind. names: what stands in a path, by the name of its place."""

    def __init__(self, site: Site, staff: httpx.AsyncClient, names: dict[str, str], refresh: str) -> None:
        self.site, self.staff, self.names = site, staff, names
        refreshed = {"refresh": refresh}
        self.bodies = _BODIES | {"POST /api/auth/refresh/": refreshed, "POST /api/auth/logout/": refreshed}

    async def ask(self, route: Route) -> Asked:
        """Makes a good request of the operation."""
        url = PLACE.sub(lambda place: self.names[place[1]], route.path)
        arguments = route.body()
        if route.name in self.bodies:
            arguments["json"] = self.bodies[route.name]
        required = [given["name"] for given in route.operation.get("parameters", ()) if given.get("required")]
        arguments["params"] = {name: _QUERY[name] for name in required if name in route.query}
        client = self.staff if route.path.startswith("/api/tenants/") else self.site.owner
        if "session_id" in arguments.get("json", {}):
            arguments["json"]["session_id"] = self.names["session_id"]
        watch = Stopwatch()
        try:
            async with client.stream(route.method, url, timeout=20, **arguments) as answer:
                # An event stream that has begun is an answer.
                if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                    await answer.aread()
                return Asked(route, answer, watch.seconds())
        except httpx.RemoteProtocolError:
            # An export that has begun can report an error only by breaking off.
            assert route.path == _EXPORT
            return Asked(route, httpx.Response(200), watch.seconds())

    async def ask_all(self, *, at_once: bool = True, deletions: bool = True) -> list[Asked]:
        """Asks every operation. deletions: without them, what the other operations need stays."""
        asked = [route for route in _ROUTES.values() if deletions or route.method != "DELETE"]
        if at_once:
            return await asyncio.gather(*(self.ask(route) for route in asked))
        return [await self.ask(route) for route in asked]

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
    await site.nobody.post("/api/auth/signup/", json=_STAFF)
    await make_staff(site, _STAFF["email"])
    staff = await site.client(Authorization=f"Bearer {(await log_in(site, _STAFF))['access']}")
    changed = await site.owner.patch("/api/ai-characters/support-bot/", json=_WITH_FORM)
    assert changed.status_code == 200, changed.text
    async with site.house.worker(slots=50):
        names = {
            "slug": "support-bot",
            "number": str(changed.json()["version"]),
            "voice": await _voice(site),
            "tenant_id": site.house.tenant_id,
        }
        names |= await _files(site)
        names["webhook_id"] = await _made(site, "POST /api/webhooks/")
        names["document_id"] = await _made(site, "POST /api/knowledge-base/{slug}/documents/", slug="support-bot")
        names["session_id"] = (await site.start()).json()["session_id"]
        names["delivery_id"] = await _delivery(site, names["webhook_id"])
        names["key_id"] = (await site.owner.get("/api/auth/api-keys/")).json()[0]["id"]
        yield House(site, staff, names, (await log_in(site))["refresh"])


async def _made(site: Site, name: str, **names: str) -> str:
    """The id of what the operation makes of its example."""
    made = await site.owner.post(_ROUTES[name].path.format(**names), **_ROUTES[name].body())
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def _voice(site: Site) -> str:
    voices = (await site.owner.get("/api/voices/")).json()["voices"]
    return str(next(voice["name"] for voice in voices if voice["sample_url"]))


async def _files(site: Site) -> dict[str, str]:
    """Character and name of a recording."""
    uploaded = await site.owner.put(
        "/api/ai-characters/support-bot/voice/", **_ROUTES["PUT /api/ai-characters/{slug}/voice/"].body()
    )
    assert uploaded.status_code == 200, uploaded.text
    _, character_id, name = uploaded.json()["voice"]["audio_file"].rstrip("/").rsplit("/", 2)
    return {"character_id": character_id, "name": name}


async def _delivery(site: Site, webhook_id: str) -> str:
    """The delivery that the start of a call, or its end, leads to."""
    session_id = (await site.start()).json()["session_id"]
    await site.owner.post(f"/api/agents/sessions/{session_id}/end/")
    found: list[str] = []

    async def is_there() -> bool:
        listed = (await site.owner.get(f"/api/webhooks/{webhook_id}/deliveries/")).json()
        # One that is being sent cannot be sent again.
        found[:] = [str(delivery["id"]) for delivery in listed["data"] if delivery["attempts"]]
        return bool(found)

    await until(is_there)
    return found[0]


def held_to(asked: Asked, *, must_fail: bool) -> None:
    """503 in time, or, unless it must fail, an answer that is no fault of ours."""
    assert asked.seconds < (START_SECONDS if asked.route.path == START else ANSWER_SECONDS), asked
    if asked.answer.status_code == 503:
        refused(asked.answer, 503, "upstream_unavailable")
    else:
        assert asked.answer.status_code < 500, asked
        assert not must_fail, f"it must fail, or a table in {__file__} must say why it may answer: {asked}"


async def test_the_tables_are_of_now_and_each_request_is_a_good_one(full_house: House) -> None:
    for table in (_WITHOUT_POSTGRESQL, _READS_BY_POST, _WITHOUT_REDIS):
        assert set(table) <= set(_ROUTES)
        assert all(table.values())
    for asked in await full_house.ask_all(at_once=False, deletions=False):
        if asked.name not in _NOT_CONFIGURED:
            assert asked.answer.status_code < 400, asked


async def test_postgresql_gone(full_house: House, postgres_server: PostgresServer) -> None:
    before = await full_house.holds()
    postgres_server.stop()
    try:
        for _ in range(2):
            for asked in await full_house.ask_all():
                held_to(asked, must_fail=asked.name not in _WITHOUT_POSTGRESQL)
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
    needing = [route for route in _ROUTES.values() if route.name not in _WITHOUT_POSTGRESQL]
    postgres_server.pause()
    try:
        for asked in await full_house.ask_all():
            held_to(asked, must_fail=asked.name not in _WITHOUT_POSTGRESQL)
        # Nobody waits longer because others have waited before.
        reads = [route for route in needing if route.method == "GET"]
        for asked in await asyncio.gather(*(full_house.ask(route) for route in reads)):
            held_to(asked, must_fail=True)
        watch = Stopwatch()
        refused(await full_house.site.start(), 503, "upstream_unavailable")
        assert watch.seconds() < START_SECONDS
    finally:
        postgres_server.resume()
    await full_house.heals()
    # What PostgreSQL had taken it may have done when it went on; then it did all of it.
    owner = full_house.site.owner
    created = await owner.get("/api/ai-characters/half-bot/")
    again = await owner.post("/api/ai-characters/", json=_BODIES["POST /api/ai-characters/"])
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
                reads = asked.route.method == "GET" or asked.name in _READS_BY_POST
                held_to(asked, must_fail=not reads and asked.name not in _WITHOUT_POSTGRESQL)
                if reads and asked.name not in _NOT_CONFIGURED:
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
            held_to(asked, must_fail=asked.name not in _WITHOUT_REDIS)
        assert (await full_house.holds())["/api/billing/usage/"] == before["/api/billing/usage/"]
    finally:
        redis_server.start()
    await full_house.heals()


async def test_redis_slow(full_house: House, redis_server: RedisServer) -> None:
    redis_server.pause()
    try:
        for asked in await full_house.ask_all(deletions=False):
            held_to(asked, must_fail=asked.name not in _WITHOUT_REDIS)
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
