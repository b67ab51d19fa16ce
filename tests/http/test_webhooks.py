"""Contract 14.11, 14.12 (webhooks): the routes, as a tenant's developer uses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest_asyncio

from tests.fixtures.post import verified
from tests.fixtures.sessions import until
from tests.fixtures.wire import Wire, listening, say
from tests.http.site import refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.http.site import MakeSite, Site

ALL = "/api/webhooks/"
URL = "https://shop.example/hooks"
KEYS = {"id", "url", "events", "is_active", "disabled_reason", "created_at", "updated_at"}
DELIVERY_KEYS = {
    "id",
    "webhook",
    "webhook_id",
    "event",
    "status",
    "attempts",
    "http_status",
    "error",
    "response_excerpt",
    "duration_ms",
    "created_at",
    "last_attempt_at",
    "next_attempt_at",
}
_HOOKS: dict[str, Any] = {"outbound_allow": "127.0.0.0/8", "webhook_poll_seconds": 0.1, "webhook_retry_seconds": 0.2}


@pytest_asyncio.fixture
async def open_site(make_site: MakeSite) -> Site:
    """A site whose operator lets webhooks reach this machine."""
    return await make_site(sessions=_HOOKS)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Wire]:
    async with listening(say) as wire:
        yield wire


async def a_call_that_ends(site: Site) -> str:
    async with site.house.worker():
        session_id: str = (await site.start()).json()["session_id"]
        assert (await site.owner.post(f"/api/agents/sessions/{session_id}/end/")).status_code == 200
    return session_id


async def delivered(site: Site, webhook_id: str, count: int = 1) -> list[dict[str, Any]]:
    """The log, as soon as it has so many deliveries that have arrived."""
    rows: list[dict[str, Any]] = []

    async def all_are() -> bool:
        answer = await site.owner.get(f"{ALL}{webhook_id}/deliveries/")
        assert answer.status_code == 200, answer.text
        rows[:] = answer.json()["data"]
        return len(rows) >= count and all(row["status"] == "delivered" for row in rows)

    await until(all_are)
    return rows


async def test_a_webhook_is_made_read_changed_and_deleted(site: Site) -> None:
    answer = await site.owner.post(ALL, json={"url": URL, "events": ["session.ended", "form.submitted"]})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == KEYS | {"secret"}
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made.pop("secret"))
    assert re.fullmatch(r"whk_[A-Za-z0-9_-]{20,}", made["id"])
    assert (made["url"], made["events"]) == (URL, ["session.ended", "form.submitted"])
    assert (made["is_active"], made["disabled_reason"]) == (True, None)
    assert made["created_at"].endswith("Z")

    one = f"{ALL}{made['id']}/"
    # The owner's key is as good as the token; the secret is shown no more.
    assert (await site.keyed.get(one)).json() == made
    assert (await site.keyed.get(ALL)).json() == [made]

    changed = await site.owner.patch(one, json={"is_active": False})
    assert changed.status_code == 200
    assert changed.json() == made | {"is_active": False, "updated_at": changed.json()["updated_at"]}
    changed = await site.owner.patch(one, json={"url": f"{URL}/2", "events": []})
    assert (changed.json()["url"], changed.json()["events"]) == (f"{URL}/2", [])
    assert changed.json()["is_active"] is False

    second = (await site.owner.post(ALL, json={"url": URL})).json()
    assert second["events"] == []
    assert [row["id"] for row in (await site.owner.get(ALL)).json()] == [second["id"], made["id"]]

    gone = await site.owner.delete(one)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(await site.owner.get(one), 404, "not_found")
    refused(await site.owner.delete(one), 404, "not_found")


async def test_both_slash_forms_are_served(site: Site) -> None:
    made = (await site.owner.post("/api/webhooks", json={"url": URL})).json()
    one = f"/api/webhooks/{made['id']}"
    for answer in (
        await site.owner.get("/api/webhooks"),
        await site.owner.get(one),
        await site.owner.patch(one, json={"is_active": True}),
        await site.owner.post(f"{one}/rotate-secret"),
        await site.owner.get(f"{one}/deliveries"),
    ):
        assert answer.status_code == 200, answer.text
    refused(await site.owner.post("/api/webhooks/deliveries/dlv_none/redeliver"), 404, "not_found")
    assert (await site.owner.delete(one)).status_code == 204


async def test_what_is_refused(site: Site) -> None:
    for body, field in (
        ({}, "url"),
        ({"url": 7}, "url"),
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": "ftp://shop.example/"}, "url"),
        ({"url": "https://me:secret@shop.example/"}, "url"),
        ({"url": "http://localhost/"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://0x7f.1/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "http://169.254.169.254/latest/"}, "url"),
        ({"url": "https://shop.example/" + "x" * 5_000}, "url"),
        ({"url": URL, "events": ["session.began"]}, "events.0"),
        ({"url": URL, "events": "session.ended"}, "events"),
        ({"url": URL, "events": ["session.ended"] * 17}, "events"),
        ({"url": URL, "is_active": "yes"}, "is_active"),
    ):
        shown = refused(await site.owner.post(ALL, json=body), 422, "validation_failed")
        assert field in shown["errors"], shown
    assert (await site.owner.get(ALL)).json() == []

    made = (await site.owner.post(ALL, json={"url": URL})).json()
    one = f"{ALL}{made['id']}/"
    for change, field in (({"url": "http://10.0.0.1/"}, "url"), ({"events": ["x"]}, "events.0")):
        shown = refused(await site.owner.patch(one, json=change), 422, "validation_failed")
        assert field in shown["errors"], shown
    for nothing in ({}, {"unknown": 1}):
        assert (await site.owner.patch(one, json=nothing)).json() == (await site.owner.get(one)).json()
    for query in ("page_size=0", "page_size=201", "page=0", "page=x"):
        refused(await site.owner.get(f"{one}deliveries/?{query}"), 422, "validation_failed")
    for answer in (
        await site.nobody.get(ALL),
        await site.nobody.post(ALL, json={"url": URL}),
        await site.nobody.get(one),
        await site.nobody.post(f"{one}rotate-secret/"),
    ):
        refused(answer, 401, "not_authenticated")
    refused(await site.owner.put(one, json={}), 405, "method_not_allowed")
    for name in ("a%00b", "%F0%9F%98%80", "x" * 65):
        refused(await site.owner.get(f"{ALL}{name}/"), 404, "not_found")


async def test_a_tenant_may_have_20(site: Site) -> None:
    for _ in range(20):
        assert (await site.owner.post(ALL, json={"url": URL})).status_code == 201
    refused(await site.owner.post(ALL, json={"url": URL}), 409, "conflict")


async def test_another_tenants_webhook_and_delivery_are_not_there(open_site: Site, receiver: Wire) -> None:
    made = (await open_site.owner.post(ALL, json={"url": f"http://127.0.0.1:{receiver.port}/"})).json()
    await a_call_that_ends(open_site)
    (row,) = await delivered(open_site, made["id"])
    stranger = await open_site.stranger()
    one = f"{ALL}{made['id']}/"

    async def tries(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await client.get(one),
            await client.patch(one, json={"is_active": False}),
            await client.post(f"{one}rotate-secret/"),
            await client.get(f"{one}deliveries/"),
            await client.post(f"{ALL}deliveries/{row['id']}/redeliver/"),
            await client.delete(one),
        ]

    for answer in await tries(stranger):
        refused(answer, 404, "not_found")
    assert (await stranger.get(ALL)).json() == []
    # Nothing of it has changed, and the owner's own tries all work.
    assert (await open_site.owner.get(one)).json()["is_active"] is True
    assert [answer.status_code for answer in await tries(open_site.owner)] == [200, 200, 200, 200, 409, 204]


async def test_a_call_is_told_logged_and_told_again(open_site: Site, receiver: Wire) -> None:
    made = (await open_site.owner.post(ALL, json={"url": f"http://127.0.0.1:{receiver.port}/hooks"})).json()
    session_id = await a_call_that_ends(open_site)
    (row,) = await delivered(open_site, made["id"])
    message = verified(receiver.requests[0], made["secret"])
    assert message["type"] == "session.ended"
    # The data are the session as the API shows it, and its metadata.
    shown = (await open_site.owner.get(f"/api/agents/sessions/{session_id}/")).json()
    assert shown.items() <= message["data"].items()

    assert set(row) == DELIVERY_KEYS
    assert (row["event"], row["webhook"]) == ("session.ended", made["id"])
    assert row["webhook_id"] == receiver.requests[0].headers["webhook-id"]
    assert (row["attempts"], row["http_status"], row["response_excerpt"]) == (1, 200, "hello")
    assert (row["error"], row["next_attempt_at"]) == (None, None)
    assert 0 < row["duration_ms"] < 10_000

    again = await open_site.owner.post(f"{ALL}deliveries/{row['id']}/redeliver/")
    assert again.status_code == 202
    assert (again.json()["id"], again.json()["status"]) == (row["id"], "pending")

    async def twice() -> bool:
        return len(receiver.requests) == 2

    await until(twice)
    assert receiver.requests[1].headers["webhook-id"] == row["webhook_id"]
    assert verified(receiver.requests[1], made["secret"]) == message
    (row,) = await delivered(open_site, made["id"])
    assert row["attempts"] == 2


async def test_a_rotated_secret_is_new_and_both_sign(open_site: Site, receiver: Wire) -> None:
    made = (await open_site.owner.post(ALL, json={"url": f"http://127.0.0.1:{receiver.port}/"})).json()
    answer = await open_site.owner.post(f"{ALL}{made['id']}/rotate-secret/")
    assert answer.status_code == 200
    rotated = answer.json()
    assert set(rotated) == KEYS | {"secret"}
    assert rotated["secret"] != made["secret"]
    await a_call_that_ends(open_site)
    await delivered(open_site, made["id"])
    for secret in (made["secret"], rotated["secret"]):
        verified(receiver.requests[0], secret)


async def test_the_log_comes_in_pages(open_site: Site, receiver: Wire) -> None:
    made = (await open_site.owner.post(ALL, json={"url": f"http://127.0.0.1:{receiver.port}/"})).json()
    for _ in range(3):
        await a_call_that_ends(open_site)
    rows = await delivered(open_site, made["id"], 3)
    log = f"{ALL}{made['id']}/deliveries/"
    first = (await open_site.owner.get(log, params={"page_size": 2})).json()
    assert first == {"data": rows[:2], "page": 1, "page_size": 2, "total": 3, "total_pages": 2}
    second = (await open_site.owner.get(log, params={"page_size": 2, "page": 2})).json()
    assert (second["data"], second["page"], second["total"]) == (rows[2:], 2, 3)
    beyond = (await open_site.owner.get(log, params={"page": 50_000, "page_size": 200})).json()
    assert (beyond["data"], beyond["total"], beyond["total_pages"]) == ([], 3, 1)
