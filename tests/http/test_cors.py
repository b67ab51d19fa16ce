"""Contract 1.6, 14.3 and 14.12 (preflight): pages of other origins: who may ask, and who may read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from services.gateway.app import serve
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


async def test_a_refused_page_may_not_read_why(site: Site) -> None:
    answer = await site.start(origin="https://other.example")
    refused(answer, 403, "origin_not_allowed")
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


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
