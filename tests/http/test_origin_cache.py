"""Contract 1.6, 3.4 and 14.3: the origin gate, as the gateway remembers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from prometheus_client import REGISTRY

from services.gateway.app import running
from services.gateway.settings import GatewaySettings
from tests.fixtures.sessions import ORIGIN, until
from tests.http.site import START, refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.site import Site

NEW = "https://new.example"
BOT = "/api/ai-characters/support-bot/"


async def test_a_page_that_was_just_listed_may_start_at_once(site: Site) -> None:
    """Contract 1.6: not listed → 403; configured by PATCH."""
    async with site.house.worker(slots=5):
        refused(await site.start(origin=NEW), 403, "origin_not_allowed")
        await site.owner.patch(BOT, json={"allowed_origins": [ORIGIN, NEW]})
        assert (await site.start(origin=NEW)).status_code == 200
        await site.owner.patch(BOT, json={"allowed_origins": [ORIGIN]})
        refused(await site.start(origin=NEW), 403, "origin_not_allowed")


async def test_a_character_that_was_just_made_or_woken_answers_at_once(site: Site) -> None:
    """Contract 3.4: 404 for an unknown slug and for an inactive character."""
    async with site.house.worker(slots=5):
        refused(await site.start(agent="fresh-bot"), 404, "not_found")
        fresh = {"slug": "fresh-bot", "name": "Fresh", "allowed_origins": [ORIGIN]}
        assert (await site.owner.post("/api/ai-characters/", json=fresh)).status_code == 201
        assert (await site.start(agent="fresh-bot")).status_code == 200
        await site.owner.patch("/api/ai-characters/fresh-bot/", json={"is_active": False})
        refused(await site.start(agent="fresh-bot"), 404, "not_found")
        await site.owner.patch("/api/ai-characters/fresh-bot/", json={"is_active": True})
        assert (await site.start(agent="fresh-bot")).status_code == 200


def asked_for(method: str) -> float:
    """How often services were asked by this RPC, whatever came of it."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "callbox_rpc_server_duration_seconds_count"
        and sample.labels["method"].rpartition("/")[2] == method
    )


async def test_a_page_that_is_not_listed_is_refused_at_the_door_of_every_public_endpoint(site: Site) -> None:
    """Contract 1.6, 4 and 5: 403 `origin_not_allowed`, and no service is asked for more than the gate."""
    answers = {"form_id": "book-demo", "values": {}}
    requests = (
        ("GetAppearance", "GET", "/api/agents/support-bot/appearance/", None),
        ("SubmitForm", "POST", "/api/agents/support-bot/form-responses/", answers),
        ("StartSession", "POST", START, {"agent": "support-bot"}),
    )
    for method, verb, path, body in requests:
        before, gates = asked_for(method), asked_for("GetGate")
        for _ in range(20):
            answer = await site.nobody.request(verb, path, json=body, headers={"Origin": NEW})
            refused(answer, 403, "origin_not_allowed")
        assert asked_for(method) == before
        assert asked_for("GetGate") - gates < 20
        await site.nobody.request(verb, path, json=body, headers={"Origin": ORIGIN})
        assert asked_for(method) == before + 1


async def test_what_another_gateway_remembers_lets_nobody_in(site: Site, keys_dir: Path, web_dir: Path) -> None:
    """Contract 14.3: who passes is judged from what the character allows now, whatever a gateway remembers."""
    settings = GatewaySettings(
        listen="127.0.0.1:0",
        keys_dir=keys_dir,
        accounts_address=site.house.settings.accounts_address,
        characters_address=site.house.settings.characters_address,
        sessions_address=site.house.settings.listen,
        web_dir=web_dir,
    )
    async with running(settings) as api, site.house.worker(slots=5):
        other = httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", headers={"Origin": ORIGIN}, timeout=10.0)
        async with other:
            assert (await other.post(START, json={"agent": "support-bot"})).status_code == 200
            await site.owner.patch(BOT, json={"allowed_origins": [NEW]})
            refused(await other.post(START, json={"agent": "support-bot"}), 403, "origin_not_allowed")
            await site.owner.patch(BOT, json={"allowed_origins": [ORIGIN]})

            async def listed_again() -> bool:
                return (await other.post(START, json={"agent": "support-bot"})).status_code == 200

            await until(listed_again, seconds=5.0)
