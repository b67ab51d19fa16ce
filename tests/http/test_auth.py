"""Contract 1.1 to 1.4, 14.2 and 14.12 (key endpoints, logout): accounts and credentials over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fixtures.tenants import OWNER
from tests.http.site import START, refused

if TYPE_CHECKING:
    from tests.http.site import Site

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
KEYS = "/api/auth/api-keys/"


async def test_from_sign_up_to_log_out(site: Site) -> None:
    account = {"email": "ada@new.example", "password": "correct horse battery"}
    made = await site.nobody.post("/api/auth/signup/", json=account)
    assert made.status_code == 201
    assert set(made.json()) == {"user", "access", "refresh"}
    user = made.json()["user"]
    assert set(user) == {"id", "email", "tenant_id", "is_staff", "created_at"}
    assert (user["email"], user["is_staff"]) == (account["email"], False)
    assert TIME.fullmatch(user["created_at"])

    pair = (await site.nobody.post("/api/auth/login", json=account)).json()
    assert set(pair) == {"access", "refresh"}
    me = await site.nobody.get("/api/auth/me/", headers={"Authorization": f"Bearer {pair['access']}"})
    assert me.json() == {**user, "limits": {"concurrent_sessions": 10}}

    following = (await site.nobody.post("/api/auth/refresh/", json={"refresh": pair["refresh"]})).json()
    assert set(following) == {"access", "refresh"}
    assert following["refresh"] != pair["refresh"]
    gone = await site.nobody.post("/api/auth/logout/", json={"refresh": following["refresh"]})
    assert (gone.status_code, gone.content) == (204, b"")
    again = await site.nobody.post("/api/auth/refresh/", json={"refresh": following["refresh"]})
    refused(again, 401, "not_authenticated")
    still = await site.nobody.get("/api/auth/me/", headers={"Authorization": f"Bearer {following['access']}"})
    assert still.status_code == 200


async def test_a_refresh_token_used_twice_revokes_its_family(site: Site) -> None:
    first = (await site.nobody.post("/api/auth/login/", json=OWNER)).json()
    second = (await site.nobody.post("/api/auth/refresh/", json={"refresh": first["refresh"]})).json()
    refused(await site.nobody.post("/api/auth/refresh/", json={"refresh": first["refresh"]}), 401, "not_authenticated")
    refused(await site.nobody.post("/api/auth/refresh/", json={"refresh": second["refresh"]}), 401, "not_authenticated")


async def test_what_cannot_sign_up_or_log_in(site: Site) -> None:
    signup, login = "/api/auth/signup/", "/api/auth/login/"
    taken = await site.nobody.post(signup, json=OWNER | {"email": "OWNER@shop.example"})
    assert refused(taken, 409, "conflict")["errors"]
    for body, field in (
        ({"email": "no address", "password": "long enough it is"}, "email"),
        ({"email": "a@b.example", "password": "short"}, "password"),
        ({"email": "a@b.example", "password": "x" * 1_025}, "password"),
        ({"email": "a@b.example"}, "password"),
        ({"email": 5, "password": "long enough it is"}, "email"),
    ):
        assert list(refused(await site.nobody.post(signup, json=body), 422, "validation_failed")["errors"]) == [field]
    wrong = refused(await site.nobody.post(login, json=OWNER | {"password": "wrong"}), 401, "not_authenticated")
    unknown = refused(
        await site.nobody.post(login, json=OWNER | {"email": "who@shop.example"}), 401, "not_authenticated"
    )
    assert wrong["message"] == unknown["message"]
    refused(await site.nobody.post(login, content=b"{"), 400, "invalid_request")
    refused(await site.nobody.get("/api/auth/me/"), 401, "not_authenticated")
    refused(await site.nobody.get("/api/auth/google/"), 404, "not_found")


async def test_the_life_of_an_api_key(site: Site) -> None:
    made = await site.owner.post(KEYS, json={"name": "Backend"})
    assert made.status_code == 201
    shown = made.json()
    key = shown.pop("key")
    assert re.fullmatch(r"sk_[0-9a-f]{64}", key)
    assert set(shown) == {"id", "name", "key_preview", "is_active", "last_used_at", "created_at"}
    assert (shown["name"], shown["is_active"], shown["last_used_at"]) == ("Backend", True, None)
    assert shown["key_preview"] == f"{key[:5]}...{key[-4:]}"
    listed = (await site.owner.get(KEYS)).json()
    assert listed[0] == shown
    assert all("key" not in each for each in listed)

    keyed = await site.client(**{"X-API-Key": key})
    assert (await keyed.get("/api/auth/me/")).json()["email"] == OWNER["email"]
    (used,) = [each for each in (await site.owner.get(KEYS)).json() if each["id"] == shown["id"]]
    assert TIME.fullmatch(used["last_used_at"])

    path = f"{KEYS}{shown['id']}/"
    changed = await site.owner.patch(path, json={"name": "Renamed"})
    assert (changed.status_code, changed.json()["name"], changed.json()["is_active"]) == (200, "Renamed", True)
    assert (await site.owner.patch(path, json={"is_active": False})).json()["is_active"] is False
    refused(await keyed.get("/api/auth/me/"), 401, "not_authenticated")
    await site.owner.patch(path, json={"is_active": True})
    assert (await keyed.get("/api/auth/me/")).status_code == 200
    assert (await site.owner.delete(path)).status_code == 204
    refused(await keyed.get("/api/auth/me/"), 401, "not_authenticated")
    refused(await site.owner.delete(path), 404, "not_found")

    dead = (await site.owner.post(KEYS, json={"name": "Spare", "is_active": False})).json()
    refused(await site.nobody.get("/api/auth/me/", headers={"X-API-Key": dead["key"]}), 401, "not_authenticated")


async def test_answers_with_a_secret_are_kept_by_no_cache(site: Site) -> None:
    """Contract 14.2: what lets its holder in is shown to who asked, and to no cache (RFC 6749, section 5.1)."""
    account = {"email": "kept@new.example", "password": "correct horse battery"}
    answers = [await site.nobody.post(f"/api/auth/{path}/", json=account) for path in ("signup", "login")]
    answers.append(await site.nobody.post("/api/auth/refresh/", json={"refresh": answers[-1].json()["refresh"]}))
    answers.append(await site.owner.post(KEYS, json={"name": "Backend"}))
    hook = await site.owner.post("/api/webhooks/", json={"url": "https://shop.example/hook"})
    answers += [hook, await site.owner.post(f"/api/webhooks/{hook.json()['id']}/rotate-secret/")]
    async with site.house.worker(slots=2):
        answers += [await site.start(), await site.keyed.post(START, json={"agent": "support-bot"})]
    for answer in answers:
        assert answer.is_success, answer.text
        assert answer.headers["cache-control"] == "no-store", answer.request.url


async def test_keys_are_not_managed_by_keys_nor_by_strangers(site: Site) -> None:
    refused(await site.keyed.post(KEYS, json={"name": "More"}), 403, "permission_denied")
    refused(await site.keyed.get(KEYS), 403, "permission_denied")
    (own,) = (await site.owner.get(KEYS)).json()
    path = f"{KEYS}{own['id']}/"
    refused(await site.keyed.patch(path, json={"name": "Mine"}), 403, "permission_denied")
    refused(await site.keyed.delete(path), 403, "permission_denied")
    stranger = await site.stranger()
    assert (await stranger.get(KEYS)).json() == []
    refused(await stranger.patch(path, json={"name": "Mine"}), 404, "not_found")
    refused(await stranger.delete(path), 404, "not_found")
    for body in ({}, {"name": ""}, {"name": None}, {"is_active": "yes"}, {"name": "x" * 101}):
        refused(await site.owner.patch(path, json=body), 422, "validation_failed")
    refused(await site.owner.patch(f"{KEYS}no such%2Fkey/", json={"name": "x"}), 404, "not_found")
