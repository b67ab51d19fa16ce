"""Contract 1.6, 14.3 and 14.12 (preflight): pages of other origins: who may ask, and who may read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.gateway.app import running, serve
from services.gateway.settings import GatewaySettings
from tests.fixtures.sessions import ORIGIN
from tests.http.site import START, refused

if TYPE_CHECKING:
    import pytest

    from tests.http.site import Site


async def test_a_preflight_is_reflected_on_the_public_endpoint_and_refused_elsewhere(site: Site) -> None:
    asked = {
        "Origin": "https://anywhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-request-id",
    }
    for path in (START, START.rstrip("/")):
        answer = await site.nobody.options(path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://anywhere.example"
        assert answer.headers["access-control-allow-methods"] == "POST"
        assert answer.headers["access-control-allow-headers"] == "content-type, x-request-id"
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]
    one = "/api/ai-characters/support-bot/"
    others = (one, f"{one}image/", f"{one}versions/", f"{one}versions/1/restore/", "/api/media/chr_x/0.png")
    for path in ("/api/auth/login/", "/api/ai-characters/", "/api/billing/usage/", *others):
        answer = await site.nobody.options(path, headers=asked)
        refused(answer, 405, "method_not_allowed")
        assert not any(name.startswith("access-control") for name in answer.headers)


async def test_other_endpoints_grant_no_page_anything(site: Site) -> None:
    one = "/api/ai-characters/support-bot/"
    for path in (one, f"{one}versions/", "/api/ai-characters/", "/api/auth/me/", "/api/billing/usage/"):
        answer = await site.owner.get(path, headers={"Origin": ORIGIN})
        assert answer.status_code == 200
        assert not any(name.startswith("access-control") for name in answer.headers)


async def test_a_refused_page_reads_why(site: Site) -> None:
    """Contract 14.13: on the three public endpoints, without credentials."""
    forms = "/api/agents/support-bot/form-responses/"
    start: dict[str, Any] = {"agent": "support-bot"}
    for origin in ("https://other.example", "capacitor://localhost", "null", "x" * 400):
        headers = {"Origin": origin}
        for answer in (
            await site.nobody.post(START, json=start, headers=headers),
            await site.nobody.post(START, json=start | {"metadata": []}, headers=headers),
            await site.nobody.post(forms, json={"form_id": "note", "values": {}}, headers=headers),
            await site.nobody.post(forms, json={"form_id": 5}, headers=headers),
            await site.nobody.get("/api/agents/support-bot/appearance/", headers=headers),
        ):
            refused(answer, 403, "origin_not_allowed")
            assert answer.headers["access-control-allow-origin"] == origin
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in answer.headers["vary"]
    for path in (START, "/api/agents/support-bot/appearance/"):
        unknown = await site.nobody.request(
            "GET" if path != START else "POST",
            path.replace("support", "no"),
            json={"agent": "nobody"},
            headers={"Origin": "https://other.example"},
        )
        refused(unknown, 404, "not_found")
        assert "access-control-allow-origin" not in unknown.headers


async def test_pages_inside_apps_start_calls(site: Site) -> None:
    """Contract 14.13: origins of apps are listed like others, and `*` lets them in."""
    app = "capacitor://localhost"
    async with site.house.worker(slots=9):
        for listed in ([app], ["*"]):
            await site.owner.patch("/api/ai-characters/support-bot/", json={"allowed_origins": listed})
            answer = await site.start(origin=app)
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, app)
            refused(await site.start(origin="null"), 403, "origin_not_allowed")
        await site.owner.patch("/api/ai-characters/support-bot/", json={"allowed_origins": ["https://localhost"]})
        refused(await site.start(origin=app), 403, "origin_not_allowed")


async def test_the_owners_own_page_may_read_why(site: Site) -> None:
    """Contract 14.12: with the owner's access token from a listed page; a key belongs into no page."""
    asked = {"agent": "support-bot", "voice_model": "no-such-voice"}
    for client, origin, readable in (
        (site.owner, ORIGIN, True),
        (site.owner, "https://other.example", False),
        (site.keyed, ORIGIN, False),
    ):
        answer = await client.post(START, json=asked, headers={"Origin": origin})
        refused(answer, 422, "validation_failed")
        assert (answer.headers.get("access-control-allow-origin") == origin) is readable


async def test_a_listed_page_may_read_what_is_wrong_with_its_body(site: Site) -> None:
    """Contract 14.3: the answer to a body that is no good reflects the origin that is listed, and no other."""
    start, forms = START, "/api/agents/support-bot/form-responses/"
    bot: dict[str, Any] = {"agent": "support-bot"}
    other = "https://other.example"
    for path, body, status in (
        (start, bot | {"metadata": []}, 422),
        (start, bot | {"greeting": 5}, 422),
        (start, bot | {"metadata": {"a": "x" * 16_384}}, 422),
        (start, bot | {"metadata": {"id": 2**60}}, 422),
        (forms, {"form_id": 5, "values": {}}, 422),
        (forms, {"form_id": "note", "values": {"text": 2**60}}, 422),
        (forms, {"form_id": "unknown", "values": {}}, 404),
        (forms, {"form_id": "a b", "values": {}}, 404),
    ):
        for client in (site.nobody, site.owner):
            answer = await client.post(path, json=body, headers={"Origin": ORIGIN})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, ORIGIN), (path, body)
            assert "Origin" in answer.headers["vary"]
        foreign = await site.nobody.post(path, json=body, headers={"Origin": other})
        refused(foreign, 403, "origin_not_allowed")
        assert foreign.headers["access-control-allow-origin"] == other
        assert "Origin" in foreign.headers["vary"]


async def test_who_may_read_that_a_body_is_no_json(site: Site) -> None:
    """Contract 14.3: where the path names the character its pages may; where only the body would, nobody may."""
    other = "https://other.example"
    for path, readable in (("/api/agents/support-bot/form-responses/", True), (START, False)):
        for raw, kind, status in (
            (b'{"agent": ', "application/json", 400),
            (b"<agent/>", "text/xml", 415),
            (b"{" + b" " * 1_048_576, "application/json", 413),
        ):
            for origin in (ORIGIN, other, "null", None):
                headers = {"Content-Type": kind} | ({} if origin is None else {"Origin": origin})
                answer = await site.nobody.post(path, content=raw, headers=headers)
                assert answer.status_code == status
                allowed = ORIGIN if readable and origin == ORIGIN else None
                assert answer.headers.get("access-control-allow-origin") == allowed, (path, origin)
                assert "Origin" in answer.headers["vary"]
    nobodys: tuple[dict[str, Any], ...] = ({"metadata": []}, {"agent": 5}, {"agent": ""})
    for body in nobodys:
        answer = await site.nobody.post(START, json=body, headers={"Origin": ORIGIN})
        refused(answer, 422, "validation_failed")
        assert "access-control-allow-origin" not in answer.headers


async def test_faults_of_a_body_are_read_by_no_page_that_was_just_taken_off(
    site: Site, keys_dir: Path, web_dir: Path
) -> None:
    """Contract 14.3: judged from what the character allows now, whatever another gateway remembers."""
    settings = GatewaySettings(
        listen="127.0.0.1:0",
        keys_dir=keys_dir,
        accounts_address=site.house.settings.accounts_address,
        characters_address=site.house.settings.characters_address,
        sessions_address=site.house.settings.listen,
        web_dir=web_dir,
    )
    faulty = {"agent": "support-bot", "metadata": []}
    async with running(settings) as api:
        url, page = f"http://127.0.0.1:{api.port}{START}", {"Origin": ORIGIN}
        assert (await site.nobody.post(url, json=faulty, headers=page)).status_code == 422
        await site.owner.patch("/api/ai-characters/support-bot/", json={"allowed_origins": ["https://new.example"]})
        answer = await site.nobody.post(url, json=faulty, headers=page)
        refused(answer, 403, "origin_not_allowed")
        assert not answer.json()["errors"]


async def test_a_page_may_read_the_headers_that_tell_it_something(site: Site) -> None:
    """Contract 14.3: the headers of an answer that a page is to act on are shown to it."""
    answer = await site.nobody.get("/api/agents/support-bot/appearance/", headers={"Origin": ORIGIN})
    shown = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert shown == {"X-Request-Id", "Retry-After", "ETag", "Idempotent-Replayed"}


async def test_sub_domains_and_ports_match_as_the_contract_says(site: Site) -> None:
    await site.owner.patch(
        "/api/ai-characters/support-bot/",
        json={"allowed_origins": ["https://*.acme.example", "http://localhost:3000/app", "https://Bücher.example:443"]},
    )
    async with site.house.worker(slots=9):
        for origin in (
            "https://www.acme.example",
            "https://a.b.acme.example",
            "http://localhost:3000",
            "https://xn--bcher-kva.example",
        ):
            answer = await site.start(origin=origin)
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        for origin in ("https://acme.example", "http://www.acme.example", "http://localhost:3001", ORIGIN):
            refused(await site.start(origin=origin), 403, "origin_not_allowed")


async def test_debug_of_the_gateway_is_loud(keys_dir: Path, web_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Contract 14.3: `CALLBOX_DEBUG=true` says so at start."""
    nowhere = "127.0.0.1:1"
    stop = asyncio.Event()
    stop.set()
    for debug in (False, True):
        settings = GatewaySettings(
            listen="127.0.0.1:0",
            keys_dir=keys_dir,
            web_dir=web_dir,
            accounts_address=nowhere,
            characters_address=nowhere,
            sessions_address=nowhere,
            debug=debug,
        )
        await serve(settings, stop)
        said = capsys.readouterr().out
        assert ("CALLBOX_DEBUG" in said, "warning" in said) == (debug, debug)
