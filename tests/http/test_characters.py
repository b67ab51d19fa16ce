"""Contract 2.1 to 2.3 and 14.5: characters over HTTP."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from tests.http.site import refused

if TYPE_CHECKING:
    from tests.http.site import Site

ALL = "/api/ai-characters/"
ONE = f"{ALL}cust-42-bot/"
FULL = {
    "slug": "cust-42-bot",
    "name": "Support",
    "system_prompt": "You help.",
    "greeting": "Hello!",
    "language": "en",
    "allowed_origins": ["https://shop.example"],
    "llm_model": "gpt-4o-mini",
    "widget_appearance": {"name": "Shop", "theme": {"primary_color": "#6366F1"}},
}


async def test_create_read_replace_change_and_delete(site: Site) -> None:
    made = await site.owner.post(ALL, json=FULL)
    assert made.status_code == 201
    body = made.json()
    assert FULL.items() <= body.items()
    assert re.fullmatch(r"chr_[A-Za-z0-9_-]+", body["id"])
    assert body["version"] == 1
    assert body["created_at"].endswith("Z")
    assert (body["is_active"], body["max_turn_seconds"], body["recording_enabled"]) == (True, 35, False)
    assert isinstance(body["max_turn_seconds"], int)
    assert (await site.owner.get(ONE)).json() == body
    assert (await site.keyed.get(f"{ALL}{body['id']}")).json() == body
    assert [each["slug"] for each in (await site.owner.get(ALL)).json()] == ["cust-42-bot", "support-bot"]

    patch = {"widget_appearance": {"theme": {"accent_color": "#22D3EE"}}, "greeting": None}
    changed = (await site.owner.patch(ONE, json=patch)).json()
    assert changed["widget_appearance"]["theme"] == {"primary_color": "#6366F1", "accent_color": "#22D3EE"}
    assert (changed["greeting"], changed["version"], changed["system_prompt"]) == ("", 2, "You help.")

    replaced = (await site.owner.put(ONE, json={"slug": "cust-42-bot", "name": "New"})).json()
    assert (replaced["name"], replaced["system_prompt"], replaced["allowed_origins"]) == ("New", "", [])
    assert (replaced["version"], replaced["id"]) == (3, body["id"])

    gone = await site.owner.delete(ONE)
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (await site.owner.get(ONE), await site.owner.delete(ONE), await site.owner.patch(ONE, json={})):
        refused(answer, 404, "not_found")
    assert (await site.owner.post(ALL, json=FULL)).json()["id"] != body["id"]


async def test_what_is_refused(site: Site) -> None:
    for body, field in (
        ({"name": "x"}, "slug"),
        ({"slug": "x"}, "name"),
        ({"slug": "Not A Slug", "name": "x"}, "slug"),
        ({"slug": "x", "name": "x", "allowed_origins": "https://shop.example"}, "allowed_origins"),
        ({"slug": "x", "name": "x", "language": "not a language"}, "language"),
        ({"slug": "x", "name": "x", "system_prompt": "é" * 32_769}, "system_prompt"),
        ({"slug": "x", "name": "x", "widget_appearance": {"a": 2**60}}, "widget_appearance.a"),
    ):
        shown = refused(await site.owner.post(ALL, json=body), 422, "validation_failed")
        assert field in shown["errors"], body
    taken = refused(await site.owner.post(ALL, json={"slug": "support-bot", "name": "x"}), 409, "conflict")
    assert taken["errors"]
    other_slug = await site.owner.patch(f"{ALL}support-bot/", json={"slug": "other"})
    refused(other_slug, 422, "validation_failed")
    refused(await site.owner.post(ALL, content=b"[]"), 400, "invalid_request")
    refused(await site.owner.put(f"{ALL}support-bot/", content=b"x" * 1_048_577), 413, "payload_too_large")
    refused(await site.nobody.get(ALL), 401, "not_authenticated")
    refused(await site.nobody.post(ALL, json={"slug": "x", "name": "x"}), 401, "not_authenticated")
    refused(await site.owner.get(f"{ALL}a%00b/"), 404, "not_found")


async def test_secrets_are_masked_and_a_mask_means_unchanged(site: Site) -> None:
    path = f"{ALL}support-bot/"
    first = (await site.owner.patch(path, json={"llm_api_key": "sk-very-secret-1234"})).json()
    assert first["llm_api_key"] == "••••1234"
    second = (await site.owner.patch(path, json={"llm_api_key": "••••1234", "name": "Masked"})).json()
    assert (second["llm_api_key"], second["name"]) == ("••••1234", "Masked")
    assert "very-secret" not in (await site.owner.get(ALL)).text


async def test_changes_at_once_lose_nothing(site: Site) -> None:
    path = f"{ALL}support-bot/"
    fields = [{"name": "Both"}, {"greeting": "Both"}, {"image": "https://shop.example/a.png"}, {"language": "en-GB"}]
    answers = await asyncio.gather(*(site.owner.patch(path, json=change) for change in fields))
    assert [answer.status_code for answer in answers] == [200] * 4
    kept = (await site.owner.get(path)).json()
    assert all(change.items() <= kept.items() for change in fields)
    assert kept["version"] == 5
