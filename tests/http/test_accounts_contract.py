"""Section 1 of the contract, 14.2, and the rows of 14.12 on keys and logout: each line over HTTP."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import jwt
import pytest

from tests.fixtures.sessions import ORIGIN
from tests.fixtures.tenants import OWNER
from tests.http.site import START, refused

if TYPE_CHECKING:
    import httpx

    from tests.http.site import MakeSite, Site

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SIGNUP, LOGIN, REFRESH, LOGOUT = (f"/api/auth/{name}/" for name in ("signup", "login", "refresh", "logout"))
ME, KEYS, CHARACTERS, USAGE = "/api/auth/me/", "/api/auth/api-keys/", "/api/ai-characters/", "/api/billing/usage/"
DAY = 24 * 3600
NEW = {"email": "new@shop.example", "password": "correct horse battery"}


def bearer(access: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access}"}


async def make_staff(site: Site, email: str) -> None:
    connection = await asyncpg.connect(site.house.settings.database_url)
    await connection.execute("update accounts.users set is_staff = true where email = $1", email)
    await connection.close()


async def log_in(site: Site, account: dict[str, str] = OWNER) -> dict[str, str]:
    answer = await site.nobody.post(LOGIN, json=account)
    assert answer.status_code == 200, answer.text
    pair: dict[str, str] = answer.json()
    return pair


@pytest.mark.parametrize("path", [ME, CHARACTERS, USAGE, "/api/ai-characters/support-bot/"])
async def test_1_1_a_token_and_a_key_are_the_ways_in(site: Site, path: str) -> None:
    """Contract 1.1 and 14.2: a JWT on everything, and a key wherever a JWT of its owner works."""
    refused(await site.nobody.get(path), 401, "not_authenticated")
    assert (await site.nobody.get(path, headers=bearer(site.access))).status_code == 200
    for name in ("X-API-Key", "x-api-key", "X-Api-KEY"):
        assert (await site.nobody.get(path, headers={name: site.key})).status_code == 200
    for scheme in ("bearer", "BEARER"):
        assert (await site.nobody.get(path, headers={"Authorization": f"{scheme} {site.access}"})).status_code == 200


async def test_1_1_a_key_decides_over_a_token(site: Site) -> None:
    """Contract 1.1: if one request carries a valid API key and a JWT, the key decides who the caller is."""
    stranger = (await site.nobody.post(SIGNUP, json=NEW)).json()
    both = {"X-API-Key": site.key, **bearer(stranger["access"])}
    assert (await site.nobody.get(ME, headers=both)).json()["email"] == OWNER["email"]
    # So it is also refused where a key is.
    refused(await site.nobody.get(KEYS, headers=both), 403, "permission_denied")


async def test_1_2_signup(site: Site) -> None:
    """Contract 14.2: 201, bare `{"user", "access", "refresh"}`; e-mail taken → 409."""
    answer = await site.nobody.post(SIGNUP, json=NEW)
    assert answer.status_code == 201
    assert set(answer.json()) == {"user", "access", "refresh"}
    user = answer.json()["user"]
    assert set(user) == {"id", "email", "tenant_id", "is_staff", "created_at"}
    assert isinstance(user["id"], int)
    assert TIME.fullmatch(user["created_at"])
    assert answer.headers["cache-control"] == "no-store"
    assert set(refused(await site.nobody.post(SIGNUP, json=NEW), 409, "conflict")["errors"]) == {"email"}
    for length, status in ((9, 422), (10, 201), (1_024, 201), (1_025, 422)):
        account = {"email": f"length{length}@shop.example", "password": "x" * length}
        assert (await site.nobody.post(SIGNUP, json=account)).status_code == status, length


async def test_1_2_login_and_refresh_answer_bare_pairs(site: Site) -> None:
    """Contract 1.2, 1.5 and 14.2: `{"access", "refresh"}` bare; refresh takes a body without a Content-Type too."""
    pair = await log_in(site)
    assert set(pair) == {"access", "refresh"}
    for kind in (None, "application/json", "text/plain", "application/x-www-form-urlencoded"):
        headers = {} if kind is None else {"Content-Type": kind}
        content = b'{"refresh": "%s"}' % pair["refresh"].encode()
        answer = await site.nobody.post(REFRESH, content=content, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert set(answer.json()) == {"access", "refresh"}
        assert answer.json()["refresh"] != pair["refresh"]
        pair = answer.json()


async def test_1_2_me(site: Site) -> None:
    """Contract 14.2: `{id, email, tenant_id, is_staff, created_at, limits: {concurrent_sessions}}`."""
    answer = await site.owner.get(ME)
    assert list(answer.json()) == ["id", "email", "tenant_id", "is_staff", "created_at", "limits"]
    assert answer.json()["limits"] == {"concurrent_sessions": 10}


async def test_1_3_lifetimes(site: Site) -> None:
    """Contract 1.3: access 10 days, refresh 30 days; a key does not expire."""
    pair = await log_in(site)
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 10 * DAY
    assert abs(claims["iat"] - time.time()) < 60
    connection = await asyncpg.connect(site.house.settings.database_url)
    expires_at = await connection.fetchval(
        "select expires_at from accounts.refresh_families where id = $1", pair["refresh"].partition(".")[0]
    )
    assert abs((expires_at - datetime.now(UTC)).total_seconds() - 30 * DAY) < 60
    await connection.execute("update accounts.api_keys set created_at = now() - interval '20 years'")
    assert (await site.keyed.get(ME)).status_code == 200
    await connection.execute("update accounts.refresh_families set expires_at = now() - interval '1 second'")
    await connection.close()
    refused(await site.nobody.post(REFRESH, json={"refresh": pair["refresh"]}), 401, "token_expired")


async def test_1_4_create_a_key(site: Site) -> None:
    """Contract 1.4 and 14.12: 201, bare, the value once; `sk_` and 64 hex; preview is first 5 + `...` + last 4."""
    answer = await site.owner.post(KEYS, json={"name": "Backend"})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "name", "key", "key_preview", "is_active", "last_used_at", "created_at"}
    assert re.fullmatch(r"sk_[0-9a-f]{64}", made["key"])
    assert made["key_preview"] == f"{made['key'][:5]}...{made['key'][-4:]}"
    assert (made["name"], made["is_active"], made["last_used_at"]) == ("Backend", True, None)
    assert TIME.fullmatch(made["created_at"])
    assert answer.headers["cache-control"] == "no-store"
    for body in ({}, {"name": ""}, {"name": None}, {"name": 5}, {"name": "x" * 101}):
        assert set(refused(await site.owner.post(KEYS, json=body), 422, "validation_failed")["errors"]) == {"name"}


async def test_1_4_a_disabled_key_does_not_authenticate(site: Site) -> None:
    """Contract 1.4: `is_active` false makes a disabled key; when false the key does not authenticate."""
    made = (await site.owner.post(KEYS, json={"name": "Spare", "is_active": False})).json()
    assert made["is_active"] is False
    headers = {"X-API-Key": made["key"]}
    refused(await site.nobody.get(ME, headers=headers), 401, "not_authenticated")
    await site.owner.patch(f"{KEYS}{made['id']}/", json={"is_active": True})
    assert (await site.nobody.get(ME, headers=headers)).status_code == 200
    await site.owner.patch(f"{KEYS}{made['id']}/", json={"is_active": False})
    refused(await site.nobody.get(ME, headers=headers), 401, "not_authenticated")


async def test_1_4_list_own_keys_without_values(site: Site) -> None:
    """Contract 1.4 and 14.12: a bare list, the same fields without `key`."""
    second = (await site.owner.post(KEYS, json={"name": "Second"})).json()
    stranger = await site.stranger()
    assert (await stranger.get(KEYS)).json() == []
    listed = (await site.owner.get(KEYS)).json()
    assert [key["name"] for key in listed] == ["Second", "tests"]
    for key in listed:
        assert set(key) == {"id", "name", "key_preview", "is_active", "last_used_at", "created_at"}
    assert listed[0] == {name: value for name, value in second.items() if name != "key"}


async def test_1_4_every_use_of_a_key_counts(site: Site) -> None:
    """Contract 1.4: `last_used_at` is the latest successful request, updated on every authenticated call."""
    made = (await site.owner.post(KEYS, json={"name": "Counted"})).json()
    client = await site.client(**{"X-API-Key": made["key"]})

    async def last_used() -> datetime:
        (key,) = [key for key in (await site.owner.get(KEYS)).json() if key["id"] == made["id"]]
        return datetime.fromisoformat(key["last_used_at"])

    await client.get(ME)
    first = await last_used()
    # A gateway notes the uses of one key once a second.
    await asyncio.sleep(1.1)
    before = datetime.now(UTC)
    await client.get(ME)
    assert first < before <= await last_used()


async def test_1_4_a_key_is_revoked_at_once(site: Site) -> None:
    """Contract 1.4 and 14.2: `DELETE api-keys/{id}/`; a lost key is revoked and another made."""
    made = (await site.owner.post(KEYS, json={"name": "Lost"})).json()
    client = await site.client(**{"X-API-Key": made["key"]})
    assert (await client.get(ME)).status_code == 200
    gone = await site.owner.delete(f"{KEYS}{made['id']}/")
    assert (gone.status_code, gone.content) == (204, b"")
    refused(await client.get(ME), 401, "not_authenticated")
    refused(await site.owner.delete(f"{KEYS}{made['id']}/"), 404, "not_found")


async def test_1_4_a_key_revoked_through_another_gateway_ends_within_seconds(site: Site) -> None:
    """Contract 1.4: revocation ends a key, whichever gateway was told."""
    made = (await site.owner.post(KEYS, json={"name": "Lost"})).json()
    client = await site.client(**{"X-API-Key": made["key"]})
    assert (await client.get(ME)).status_code == 200
    # What another gateway does: it asks accounts, and this one is not told.
    connection = await asyncpg.connect(site.house.settings.database_url)
    await connection.execute("delete from accounts.api_keys where id = $1", made["id"])
    await connection.close()

    async with asyncio.timeout(3):
        while (await client.get(ME)).status_code == 200:
            await asyncio.sleep(0.1)


async def test_1_4_rights_are_those_of_the_owner(site: Site) -> None:
    """Contract 1.4: foreign data is 404 on single objects, empty on lists."""
    stranger = await site.stranger()
    key = (await stranger.post(KEYS, json={"name": "theirs"})).json()["key"]
    theirs = await site.client(**{"X-API-Key": key})
    assert (await theirs.get(CHARACTERS)).json() == []
    refused(await theirs.get(f"{CHARACTERS}support-bot/"), 404, "not_found")
    assert (await theirs.get(USAGE)).json()["data"]["sessions"]["data"] == []
    (own,) = (await site.owner.get(KEYS)).json()
    for method in ("PATCH", "DELETE"):
        refused(await stranger.request(method, f"{KEYS}{own['id']}/", json={"name": "mine"}), 404, "not_found")


async def test_1_4_keys_are_managed_by_people(site: Site) -> None:
    """Contract 14.2 and 14.12: key endpoints refuse an API key with 403."""
    (own,) = (await site.owner.get(KEYS)).json()
    one = f"{KEYS}{own['id']}/"
    for method, path, body in (
        ("POST", KEYS, {"name": "More"}),
        ("GET", KEYS, None),
        ("PATCH", one, {"name": "Mine"}),
        ("DELETE", one, None),
    ):
        refused(await site.keyed.request(method, path, json=body), 403, "permission_denied")
    changed = await site.owner.patch(one, json={"name": "Renamed", "is_active": True})
    assert (changed.status_code, changed.json()) == (200, own | {"name": "Renamed", "last_used_at": ANY})


class _Any:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


ANY = _Any()


async def test_1_5_which_responses_are_wrapped(site: Site) -> None:
    """Contract 1.5: bare objects and arrays, and the enveloped form with all four keys."""
    envelope = ["success", "message", "data", "errors"]
    usage = (await site.owner.get(USAGE)).json()
    assert list(usage) == envelope
    assert (usage["success"], usage["message"], usage["errors"]) == (True, "Request successful", None)
    async with site.house.worker():
        started = await site.keyed.post(START, json={"agent": "support-bot"})
        assert list(started.json()) == envelope
        history = await site.owner.get(f"/api/billing/sessions/{started.json()['data']['session_id']}/")
        assert list(history.json()) == envelope
        bare = (await site.start()).json()
        assert "data" not in bare
        assert bare["session_id"].startswith("sess_")
    assert isinstance((await site.owner.get(CHARACTERS)).json(), list)
    assert (await site.owner.get(f"{CHARACTERS}support-bot/")).json()["slug"] == "support-bot"
    assert isinstance((await site.owner.get(KEYS)).json(), list)
    assert "success" not in (await site.owner.get(ME)).json()


async def test_1_6_the_origin_gate(site: Site) -> None:
    """Contract 1.6: compared with `allowed_origins`, entries cover every page, an empty list blocks everywhere, a
    backend that proxies sends an `Origin` that is listed; changed by PATCH."""
    path = f"{CHARACTERS}support-bot/"

    async def outcome(origin: str | None) -> int:
        return (await site.start(origin)).status_code

    async with site.house.worker(slots=10):
        assert await outcome(ORIGIN) == 200
        for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "http://shop.example", None, "null"):
            refused(await site.start(origin), 403, "origin_not_allowed")
        await site.owner.patch(path, json={"allowed_origins": ["https://mysite.com/some/page"]})
        assert await outcome("https://mysite.com") == 200
        await site.owner.patch(path, json={"allowed_origins": []})
        assert await outcome("https://mysite.com") == 403


async def test_1_7_common_errors(site: Site) -> None:
    """Contract 1.7: 401 for a JWT that is missing or expired, 403 for an origin, 404 for a wrong or inactive slug."""
    refused(await site.nobody.get(ME), 401, "not_authenticated")
    for token in ("x", "a.b.c", site.access[:-4] + "AAAA", "x" * 10_000):
        refused(await site.nobody.get(ME, headers=bearer(token)), 401, "not_authenticated")
    for key in ("", "sk_", "sk_" + "0" * 64, site.key.upper(), site.key + "0"):
        refused(await site.nobody.get(ME, headers={"X-API-Key": key}), 401, "not_authenticated")
    refused(await site.start("https://evil.example"), 403, "origin_not_allowed")
    refused(await site.start(agent="no-such-bot"), 404, "not_found")
    await site.owner.patch(f"{CHARACTERS}support-bot/", json={"is_active": False})
    refused(await site.start(), 404, "not_found")


async def test_14_2_login_does_not_tell_an_unknown_email_from_a_wrong_password(site: Site) -> None:
    """Contract 14.2: the same answer for an unknown e-mail and a wrong password."""
    answers = [
        await site.nobody.post(LOGIN, json={"email": email, "password": "wrong password"})
        for email in (OWNER["email"], "nobody@shop.example", "no address", "")
    ]
    bodies = [refused(answer, 401, "not_authenticated") for answer in answers]
    for body, answer in zip(bodies, answers, strict=True):
        del body["request_id"]
        assert body == bodies[0]
        assert set(answer.headers) == set(answers[0].headers)


async def test_14_2_rate_limits_answer_429_with_retry_after(make_site: MakeSite) -> None:
    """Contract 14.2: login and signup are rate limited by address and by account."""
    site = await make_site(accounts={"log_in_rate_by_account": "2 per 5 minutes"})
    wrong = {"email": "who@shop.example", "password": "wrong password"}
    for _ in range(2):
        refused(await site.nobody.post(LOGIN, json=wrong), 401, "not_authenticated")
    limited = await site.nobody.post(LOGIN, json=wrong)
    refused(limited, 429, "rate_limited")
    assert 200 < int(limited.headers["retry-after"]) <= 300


async def test_14_2_the_address_is_that_of_the_client(make_site: MakeSite) -> None:
    """Contract 14.2: by address, which only a trusted proxy may name."""

    async def tried(site: Site, count: int) -> list[int]:
        return [
            (
                await site.nobody.post(
                    LOGIN,
                    json={"email": f"user{number}@shop.example", "password": "wrong password"},
                    headers={"X-Forwarded-For": f"198.51.100.{number}"},
                )
            ).status_code
            for number in range(count)
        ]

    # The site itself has logged in once, from the same address.
    spoofed = await make_site(accounts={"log_in_rate_by_address": "3 per 5 minutes"})
    assert await tried(spoofed, 4) == [401, 401, 429, 429]


async def test_14_2_a_trusted_proxy_names_the_client(make_site: MakeSite) -> None:
    """Contract 14.2: behind a trusted proxy each client is counted alone."""
    site = await make_site(accounts={"log_in_rate_by_address": "2 per 5 minutes"}, trusted_proxies="127.0.0.0/8")
    wrong = {"email": "who@shop.example", "password": "wrong password"}

    async def attempt(client: str) -> int:
        answer = await site.nobody.post(LOGIN, json=wrong, headers={"X-Forwarded-For": f"6.6.6.6, {client}"})
        return answer.status_code

    assert [await attempt("198.51.100.1") for _ in range(3)] == [401, 401, 429]
    assert await attempt("198.51.100.2") == 401


async def test_14_2_refresh_rotates_and_reuse_revokes_the_family(site: Site) -> None:
    """Contract 14.2 and 14.12: a refresh token used twice revokes its family; access tokens live to their end."""
    first = await log_in(site)
    second = (await site.nobody.post(REFRESH, json={"refresh": first["refresh"]})).json()
    refused(await site.nobody.post(REFRESH, json={"refresh": first["refresh"]}), 401, "not_authenticated")
    refused(await site.nobody.post(REFRESH, json={"refresh": second["refresh"]}), 401, "not_authenticated")
    assert (await site.nobody.get(ME, headers=bearer(second["access"]))).status_code == 200


async def test_14_12_logout(site: Site) -> None:
    """Contract 14.12: `{"refresh"}` → 204; the family is revoked, access tokens already out live to their end."""
    pair = await log_in(site)
    for _ in range(2):
        answer = await site.nobody.post(LOGOUT, json={"refresh": pair["refresh"]})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await site.nobody.post(LOGOUT, json={"refresh": "not one of ours"})).status_code == 204
    refused(await site.nobody.post(REFRESH, json={"refresh": pair["refresh"]}), 401, "not_authenticated")
    assert (await site.nobody.get(ME, headers=bearer(pair["access"]))).status_code == 200
    for body in ({}, {"refresh": ""}, {"refresh": 5}):
        refused(await site.nobody.post(LOGOUT, json=body), 422, "validation_failed")


async def test_14_2_the_first_account_is_staff_only_if_the_operator_says_so(make_site: MakeSite) -> None:
    """Contract 14.2: the first account of an installation is staff only if the operator says so."""
    site = await make_site(accounts={"first_account_is_staff": True})
    assert (await site.owner.get(ME)).json()["is_staff"] is True
    assert (await site.nobody.post(SIGNUP, json=NEW)).json()["user"]["is_staff"] is False


async def test_staff_see_all_and_others_their_own(site: Site) -> None:
    """Contract 9: calls of one's own characters, of all for staff."""
    stranger = await site.stranger()
    async with site.house.worker():
        session_id = (await site.start()).json()["session_id"]
    assert (await stranger.get(USAGE)).json()["data"]["total_sessions"] == 0
    refused(await stranger.get(f"/api/billing/sessions/{session_id}/"), 404, "not_found")
    staff = await _staff(site)
    assert (await staff.get(USAGE)).json()["data"]["total_sessions"] == 1
    assert (await staff.get(f"/api/billing/sessions/{session_id}/")).status_code == 200
    assert (await staff.get(f"{CHARACTERS}support-bot/")).status_code == 200
    # Keys are nobody else's business, also not that of staff.
    (own,) = (await site.owner.get(KEYS)).json()
    refused(await staff.delete(f"{KEYS}{own['id']}/"), 404, "not_found")


async def test_staff_set_the_limits_of_a_tenant(site: Site) -> None:
    """Contract 14.2 (own): `PATCH /api/tenants/{tenant_id}/limits/`, for staff; `me` shows the limits."""
    me = (await site.owner.get(ME)).json()
    path = f"/api/tenants/{me['tenant_id']}/limits/"
    staff, stranger = await _staff(site), await site.stranger()
    refused(await site.nobody.patch(path, json={"concurrent_sessions": 1}), 401, "not_authenticated")
    refused(await site.owner.patch(path, json={"concurrent_sessions": 99}), 403, "permission_denied")
    refused(await stranger.patch(path, json={"concurrent_sessions": 99}), 404, "not_found")
    answer = await staff.patch(path, json={"concurrent_sessions": 1})
    assert (answer.status_code, answer.json()) == (200, {"tenant_id": me["tenant_id"], "concurrent_sessions": 1})
    assert (await site.owner.get(ME)).json()["limits"] == {"concurrent_sessions": 1}
    async with site.house.worker():
        assert (await site.start()).status_code == 200
        refused(await site.start(), 429, "concurrency_limit_reached")
    for body in ({}, {"concurrent_sessions": -1}, {"concurrent_sessions": 1_000_001}, {"concurrent_sessions": "5"}):
        refused(await staff.patch(path, json=body), 422, "validation_failed")
    for unknown in ("ten_unknown", "no such%2Ftenant"):
        refused(await staff.patch(f"/api/tenants/{unknown}/limits/", json={"concurrent_sessions": 1}), 404, "not_found")


async def _staff(site: Site) -> httpx.AsyncClient:
    account: dict[str, Any] = {"email": "staff@callbox.example", "password": "a long staff phrase"}
    await site.nobody.post(SIGNUP, json=account)
    await make_staff(site, account["email"])
    return await site.client(**bearer((await log_in(site, account))["access"]))
