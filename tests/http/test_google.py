"""Contract 1.2 and 14.2: `GET /api/auth/google/` redirects, the callback answers tokens as login does."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest_asyncio

from tests.fixtures.tenants import OWNER
from tests.http.site import refused

if TYPE_CHECKING:
    import httpx

    from tests.fixtures.oidc_provider import OidcProvider
    from tests.http.site import MakeSite, Site

BEGIN, CALLBACK, LINK = "/api/auth/google/", "/api/auth/google/callback/", "/api/auth/google/link/"
COOKIE = "callbox_google"


def configured(provider: OidcProvider, redirect: str = f"http://127.0.0.1{CALLBACK}") -> dict[str, Any]:
    return {
        "google_issuer": provider.issuer,
        "google_client_id": "callbox",
        "google_client_secret": "client-secret-of-the-operator",
        "google_redirect_url": redirect,
    }


@pytest_asyncio.fixture
async def site(make_site: MakeSite, oidc_provider: OidcProvider) -> Site:
    return await make_site(accounts=configured(oidc_provider))


def cookie_of(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


async def sign_in(site: Site, provider: OidcProvider, subject: str) -> httpx.Response:
    browser = await site.client()
    away = await browser.get(BEGIN)
    assert away.status_code == 302, away.text
    return await browser.get(CALLBACK, params=await provider.approve(away.headers["location"], subject))


async def test_a_browser_goes_to_google_and_comes_back_with_tokens(site: Site, oidc_provider: OidcProvider) -> None:
    """Contract 1.2 and 1.5: the callback answers `{"access", "refresh"}` bare."""
    await oidc_provider.know("ada", email="ada@new.example", email_verified=True)
    browser = await site.client()
    away = await browser.get("/api/auth/google")
    assert away.status_code == 302
    assert away.headers["location"].startswith(oidc_provider.issuer)
    assert away.headers["cache-control"] == "no-store"
    cookie = cookie_of(away)[COOKIE]
    assert cookie["httponly"]
    assert not cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("lax", BEGIN, "600")

    back = await oidc_provider.approve(away.headers["location"], "ada")
    answer = await browser.get(CALLBACK, params=back)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"access", "refresh"}
    assert cookie_of(answer)[COOKIE].value == ""
    assert COOKIE not in browser.cookies
    me = await site.nobody.get("/api/auth/me/", headers={"Authorization": f"Bearer {answer.json()['access']}"})
    assert (me.json()["email"], me.json()["is_staff"]) == ("ada@new.example", False)
    rotated = await site.nobody.post("/api/auth/refresh/", json={"refresh": answer.json()["refresh"]})
    assert rotated.status_code == 200

    refused(await browser.get(CALLBACK, params=back), 400, "invalid_request")


async def test_the_cookie_is_secure_where_the_site_is(make_site: MakeSite, oidc_provider: OidcProvider) -> None:
    site = await make_site(accounts=configured(oidc_provider, f"https://voice.example{CALLBACK}"))
    away = await site.nobody.get(BEGIN)
    assert cookie_of(away)[COOKIE]["secure"]
    assert parse_qs(urlsplit(away.headers["location"]).query)["redirect_uri"] == [f"https://voice.example{CALLBACK}"]


async def test_another_browser_does_not_come_back(site: Site, oidc_provider: OidcProvider) -> None:
    await oidc_provider.know("bob", email="bob@new.example", email_verified=True)
    attacker, victim = await site.client(), await site.client()
    back = await oidc_provider.approve((await attacker.get(BEGIN)).headers["location"], "bob")
    refused(await victim.get(CALLBACK, params=back), 400, "invalid_request")
    await victim.get(BEGIN)
    refused(await victim.get(CALLBACK, params=back), 400, "invalid_request")
    for params in ({}, {"error": "access_denied"}, {"code": "x" * 4_096, "state": "\x00"}):
        refused(await site.nobody.get(CALLBACK, params=params), 400, "invalid_request")
    refused(await site.nobody.get(CALLBACK, params={"code": "x" * 4_097}), 422, "validation_failed")


async def test_who_declines_is_told_to_begin_again(site: Site) -> None:
    browser = await site.client()
    state = parse_qs(urlsplit((await browser.get(BEGIN)).headers["location"]).query)["state"][0]
    answer = await browser.get(CALLBACK, params={"error": "access_denied", "state": state})
    assert "begin again" in refused(answer, 401, "not_authenticated")["message"]


async def test_an_unverified_email_and_a_taken_one_are_refused(site: Site, oidc_provider: OidcProvider) -> None:
    await oidc_provider.know("eve", email="eve@new.example", email_verified=False)
    refused(await sign_in(site, oidc_provider, "eve"), 403, "permission_denied")
    await oidc_provider.know("owner", email=OWNER["email"], email_verified=True)
    taken = refused(await sign_in(site, oidc_provider, "owner"), 409, "conflict")
    assert LINK in taken["message"]


async def test_the_owner_of_a_password_links_google(site: Site, oidc_provider: OidcProvider) -> None:
    await oidc_provider.know("linked", email=OWNER["email"], email_verified=True)
    bearer = {"Authorization": f"Bearer {site.access}"}
    refused(await site.nobody.post(LINK, json={"password": OWNER["password"]}), 401, "not_authenticated")
    refused(await site.keyed.post(LINK, json={"password": OWNER["password"]}), 403, "permission_denied")
    refused(await site.owner.post(LINK, json={"password": "wrong password"}), 403, "permission_denied")
    refused(await site.owner.post(LINK, json={}), 403, "permission_denied")
    browser = await site.client()
    away = await browser.post(LINK, json={"password": OWNER["password"]}, headers=bearer)
    assert away.status_code == 200
    assert set(away.json()) == {"authorization_url"}
    back = await oidc_provider.approve(away.json()["authorization_url"], "linked")
    assert (await browser.get(CALLBACK, params=back)).status_code == 200
    again = await sign_in(site, oidc_provider, "linked")
    me = await site.nobody.get("/api/auth/me/", headers={"Authorization": f"Bearer {again.json()['access']}"})
    assert me.json()["email"] == OWNER["email"]


async def test_the_provider_away_is_503(site: Site, oidc_provider: OidcProvider) -> None:
    browser = await site.client()
    away = await browser.get(BEGIN)
    await oidc_provider.know("late", email="late@new.example", email_verified=True)
    back = await oidc_provider.approve(away.headers["location"], "late")
    oidc_provider.stop()
    try:
        refused(await browser.get(CALLBACK, params=back), 503, "upstream_unavailable")
    finally:
        oidc_provider.start()


async def test_returns_are_counted(make_site: MakeSite, oidc_provider: OidcProvider) -> None:
    site = await make_site(accounts=configured(oidc_provider) | {"google_rate_by_address": "2 per 1 minute"})
    for _ in range(2):
        refused(await site.nobody.get(CALLBACK), 400, "invalid_request")
    refused(await site.nobody.get(CALLBACK), 429, "rate_limited")
