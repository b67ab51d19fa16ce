"""Contract 1.4 and 14.5: what belongs to one tenant is nowhere to be found for another, on any route, by any method.

The table is made from the OpenAPI document: a new route is tried by itself, or fails with what to add.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fixtures.sessions import ORIGIN, until
from tests.http.conformance import conformance
from tests.http.requests import PLACE, Route, fields, routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from tests.http.site import Site

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OTHER_ORIGIN = "https://evil.example"
# Words that stand in the first tenant's things and that nobody else may ever read.
MARK = "only-for-the-first-tenant"
# They change by being looked at.
_VOLATILE = {"last_used_at", "last_use_time", "exported_at", "session_duration_seconds"}
# Lists of things that are worked on meanwhile: what is in them is compared, not how far it has come.
_GOES_ON = ("/documents/", "/deliveries/")
_WORKED_ON = ("documents", "webhook_deliveries")
# For staff alone; whoever else asks is told so, whatever the identity.
_STAFF = ("/api/tenants/",)
_NAMES_A_CHARACTER = {"agent", "character_slug"}
_FORM = {"id": "book-demo", "title": MARK, "fields": [{"name": "first_name", "label": "Name", "type": "text"}]}


class Things:
    """What the first tenant owns: for each beginning of a path that ends before an identity, the identities."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[str, list[str]] = {}
        self.session_id = ""
        self.character_id = ""

    async def make(self) -> None:
        """Makes a character with a form and a call of it; everything else is made when its route is met."""
        definition = {
            "system_prompt": MARK,
            "greeting": MARK,
            "widget_appearance": {"name": MARK, "forms": [_FORM]},
        }
        changed = await self._site.owner.patch("/api/ai-characters/support-bot/", json=definition)
        assert changed.status_code == 200, changed.text
        self.character_id = changed.json()["id"]
        if any(route.path == "/api/webhooks/" for route in routes()):
            await self.identities("/api/webhooks/", "webhook_id")
        started = await self._site.start(metadata={"note": MARK})
        assert started.status_code == 200, started.text
        self.session_id = started.json()["session_id"]
        ended = await self._site.owner.post(f"/api/agents/sessions/{self.session_id}/end/")
        assert ended.json()["status"] == "ended", ended.text

    async def identities(self, prefix: str, place: str) -> list[str]:
        """What may stand in `place` after `prefix`, all of it the first tenant's."""
        if prefix not in self._known:
            self._known[prefix] = await self._find(prefix, place)
        return self._known[prefix]

    async def _find(self, prefix: str, place: str) -> list[str]:
        if place in ("slug", "character_slug", "agent"):
            return ["support-bot", self.character_id]
        if place == "character_id":
            return [self.character_id]
        if place == "session_id":
            return [self.session_id]
        if prefix.endswith("/versions/"):
            return ["1"]
        if finder := _FOUND.get(prefix) or _FOUND.get(place):
            return await finder(self._site)
        operation = conformance().operation("POST", prefix)
        listed = next((route for route in routes() if operation and route.name == f"POST {operation.path}"), None)
        assert listed is not None, (
            f"say in `_FOUND` of {__file__} how the first tenant gets a `{place}` for {prefix}{{{place}}}: "
            "there is no POST to make one"
        )
        made = await self._site.owner.post(prefix, **_marked(listed))
        assert made.status_code in (200, 201), f"the example of POST {prefix} makes nothing: {made.text}"
        return [str(made.json()["id"])]


async def _tenant(site: Site) -> list[str]:
    return [(await site.owner.get("/api/auth/me/")).json()["tenant_id"]]


async def _file(site: Site) -> list[str]:
    """A recording of a voice; a picture is for everybody."""
    route = next(route for route in routes() if route.name == "PUT /api/ai-characters/{slug}/voice/")
    uploaded = await site.owner.put("/api/ai-characters/support-bot/voice/", **route.body())
    assert uploaded.status_code == 200, uploaded.text
    return [uploaded.json()["voice"]["audio_file"].rstrip("/").rpartition("/")[2]]


async def _deliveries(site: Site) -> list[str]:
    """The delivery of the end of the call to the webhook, which nobody takes."""
    (webhook,) = (await site.owner.get("/api/webhooks/")).json()
    expected = len({"session.started", "session.ended"} & set(webhook["events"]))
    assert expected, "the example of a webhook listens to the beginning or the end of calls"
    found: list[str] = []

    async def is_there() -> bool:
        listed = (await site.owner.get(f"/api/webhooks/{webhook['id']}/deliveries/")).json()
        found[:] = [str(each["id"]) for each in (listed if isinstance(listed, list) else listed["data"])]
        return len(found) >= expected

    await until(is_there, 10.0)
    return found[:1]


async def _nothing(site: Site) -> list[str]:
    """What is of the installation and of no tenant."""
    return []


# Beginning of a path, or name of a place → how the first tenant gets one.
_FOUND: dict[str, Callable[[Site], Awaitable[list[str]]]] = {
    "name": _file,
    "voice": _nothing,
    "/api/tenants/": _tenant,
    "/api/webhooks/deliveries/": _deliveries,
}


@dataclass(frozen=True)
class Attempt:
    """One request that somebody else makes with the first tenant's identities."""

    method: str
    path: str
    arguments: dict[str, Any]
    route: Route | None

    @property
    def known(self) -> str:
        """What whoever asks knows already."""
        return f"{self.path} {json.dumps(self.arguments, default=str)}"


def _marked(route: Route) -> dict[str, Any]:
    """The example of a body, marked as the first tenant's."""
    arguments = route.body()
    if "name" in arguments.get("json", {}):
        arguments["json"]["name"] = MARK
    return arguments


async def _paths(things: Things, template: str) -> list[str]:
    """The paths that the template stands for, with identities of the first tenant."""
    paths = [""]
    pieces = PLACE.split(template)
    for literal, place in zip(pieces[::2], [*pieces[1::2], None], strict=True):
        paths = [path + literal for path in paths]
        if place is not None:
            paths = [path + each for path in paths for each in await things.identities(path, place)]
    return paths


def _arguments(route: Route, things: Things) -> dict[str, Any]:
    """The example of a body and the filters of a query, pointed at the first tenant's things."""
    arguments = route.body()
    body = arguments.get("json", {})
    named = fields(route)
    for name in named & _NAMES_A_CHARACTER:
        body[name] = "support-bot"
    if "session_id" in named and "json" in arguments:
        body["session_id"] = things.session_id
    owned = {"character_slug": "support-bot", "agent": "support-bot", "session_id": things.session_id, "q": MARK}
    if query := {name: owned[name] for name in route.query if name in owned}:
        arguments["params"] = query
    return arguments


async def _attempts(things: Things) -> list[Attempt]:
    """Every path with an identity by every method, and every operation that names something in body or query."""
    made: list[Attempt] = []
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes():
        by_path.setdefault(route.path, {})[route.method] = route
    for template, methods in by_path.items():
        places = PLACE.findall(template)
        for path in await _paths(things, template):
            for method in METHODS:
                taken = methods.get(method)
                if taken is not None:
                    made.append(Attempt(method, path, _arguments(taken, things), taken))
                elif places:
                    made.append(Attempt(method, path, {}, None))
    return made


def _foreign(attempt: Attempt) -> bool:
    """Whether the request names a thing that must not be found."""
    assert attempt.route is not None
    return bool(attempt.route.places) or bool(fields(attempt.route) & (_NAMES_A_CHARACTER | {"session_id"}))


def _expected(attempt: Attempt, who: str) -> set[int]:
    """What somebody else may be answered with."""
    route = attempt.route
    if route is None:
        return {405}
    if route.open:
        return {404} if route.places else set(range(200, 500))
    if who == "visitor":
        return {403, 404} if "origin" in route.schemes else {401}
    if who == "key" and "apiKey" not in route.schemes:
        return {403}
    if not _foreign(attempt):
        # Something of one's own, made, listed or changed; what is shown is looked at all the same.
        return set(range(200, 500))
    return {403, 404} if route.path.startswith(_STAFF) else {404}


async def _snapshot(site: Site, things: Things) -> dict[str, Any]:
    """Everything that the first tenant can read."""
    seen: dict[str, Any] = {}
    for route in routes():
        if route.method == "GET" and not route.streams and route.schemes:
            for path in await _paths(things, route.path):
                answer = await site.owner.get(path, params=_arguments(route, things).get("params"))
                assert answer.status_code == 200, f"the first tenant reads nothing at {path}: {answer.text}"
                kind = answer.headers.get("content-type", "")
                seen[path] = _steady(answer.json()) if kind.startswith("application/json") else answer.content
                if path.endswith(_GOES_ON):
                    seen[path] = sorted(re.findall(r'"id": ?"?([^",}]+)', answer.text))
    return seen


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: [row["id"] for row in item] if name in _WORKED_ON and isinstance(item, list) else _steady(item)
            for name, item in value.items()
            if name not in _VOLATILE
        }
    return [_steady(item) for item in value] if isinstance(value, list) else value


def _order(attempt: Attempt) -> tuple[bool, bool, int]:
    """What deletes is last, and before it what puts another thing in the place of one."""
    replaces = attempt.method == "PUT" or attempt.path.endswith("/restore/")
    return attempt.method == "DELETE", replaces, -attempt.path.count("/")


async def test_another_tenant_finds_nothing_changes_nothing_and_reads_nothing(site: Site) -> None:
    things = Things(site)
    async with site.house.worker():
        await things.make()
    attempts = await _attempts(things)
    before = await _snapshot(site, things)
    me = (await site.owner.get("/api/auth/me/")).json()
    secrets = [MARK, site.key, site.access, me["tenant_id"], me["email"], things.session_id, things.character_id]

    stranger = await site.stranger()
    key = (await stranger.post("/api/auth/api-keys/", json={"name": "Stranger"})).json()["key"]
    actors: dict[str, httpx.AsyncClient] = {
        "token": stranger,
        "key": await site.client(**{"X-API-Key": key}),
        "visitor": await site.client(Origin=OTHER_ORIGIN),
    }
    tried = 0
    for who, client in actors.items():
        for attempt in attempts:
            answer = await client.request(attempt.method, attempt.path, **attempt.arguments)
            name = f"{attempt.method} {attempt.path} by the other tenant's {who}"
            assert answer.status_code in _expected(attempt, who), f"{name}: {answer.status_code} {answer.text[:300]}"
            for secret in secrets:
                assert secret in attempt.known or secret not in answer.text, f"{name} shows {secret}: {answer.text}"
            tried += 1

    assert await _snapshot(site, things) == before
    print(f"\nisolation: {len(attempts)} requests by {len(actors)} kinds of strangers, {tried} refused")

    # The same requests reach something when the first tenant sends them: nothing was refused for a wrong reason.
    ends_last = sorted(attempts, key=_order)
    gone: set[str] = set()
    for attempt in ends_last:
        if attempt.route is None or attempt.route.streams or attempt.path.startswith(tuple(gone)):
            continue
        headers = attempt.arguments.get("headers", {}) | {"Origin": ORIGIN}
        answer = await site.owner.request(attempt.method, attempt.path, **attempt.arguments | {"headers": headers})
        if attempt.route.schemes and attempt.route.places and not attempt.route.path.startswith(_STAFF):
            assert answer.status_code not in (401, 403, 404, 405), f"{attempt.method} {attempt.path}: {answer.text}"
        if attempt.method == "DELETE":
            gone |= {attempt.path, attempt.path.replace("support-bot", things.character_id)}
