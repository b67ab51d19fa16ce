"""Contract 2.1 to 2.3 and 14.5: characters over HTTP."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

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
    """Contract 2.1, 14.5: create → 201, PATCH merges, PUT replaces, delete → 204, a slug used again gets a new id."""
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
    """Contract 14.5, 14.12: 422 by field, 409 for a slug that is taken, 413, 401 and 404."""
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
    """Contract 14.5: `"••••1234"`."""
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


# Contract 2.2, with the names of 14.5 for what has none there: each field and what it is when it was not sent.
DEFAULTS: dict[str, Any] = {
    "character_type": "",
    "image": "",
    "system_prompt": "",
    "greeting": "",
    "voice": {"audio_file": "", "voice_url": ""},
    "language": "en",
    "background_audio": "",
    "allowed_origins": [],
    "handoff_targets": [],
    "widget_appearance": {},
    "stt_model": "",
    "tts_model": "",
    "keyterms": [],
    "llm_provider": "openai",
    "llm_model": "",
    "llm_api_key": "",
    "llm_fallbacks": [],
    "llm_max_tokens": 160,
    "llm_max_sentences": 0,
    "documents": [],
    "tools": [],
    "mcp_servers": [],
    "max_tool_output_chars": 16000,
    "max_tool_calls_per_turn": 6,
    "max_turn_seconds": 35,
    "kb_query_url": "",
    "kb_auto_context": False,
    "guided_forms": False,
    "kb_query_api_key": "",
    "is_active": True,
    "recording_enabled": False,
}


async def test_every_documented_field_has_its_default_and_null_resets_it(site: Site) -> None:
    """Contract 2.2, 14.5: `null` resets to the default, at every depth."""
    made = (await site.owner.post(ALL, json={"slug": "cust-42-bot", "name": "Support"})).json()
    own = {"id", "slug", "name", "version", "created_by", "created_at", "updated_at"}
    assert {name: value for name, value in made.items() if name not in own} == DEFAULTS
    assert made.keys() >= own
    await site.owner.patch(
        ONE,
        json={
            "greeting": "Hi",
            "max_turn_seconds": 20,
            "is_active": False,
            "voice": {"voice_url": "https://a.example"},
        },
    )
    reset = (await site.owner.patch(ONE, json=dict.fromkeys(DEFAULTS))).json()
    assert {name: reset[name] for name in DEFAULTS} == DEFAULTS
    for required in ("slug", "name"):
        shown = refused(await site.owner.patch(ONE, json={required: None}), 422, "validation_failed")
        assert set(shown["errors"]) == {required}


DOCUMENTED: list[dict[str, Any]] = [
    {"allowed_origins": ["https://mysite.com"]},
    {
        "widget_appearance": {
            "forms": [{"id": "book-demo", "title": "Book", "fields": [{"name": "email", "label": "E-mail"}]}]
        }
    },
    {
        "tools": [
            {
                "name": "look_up_order",
                "kind": "http",
                "description": "Look up an order by its number.",
                "input_schema": {
                    "type": "object",
                    "properties": {"order_id": {"type": "string"}},
                    "required": ["order_id"],
                },
                "config": {
                    "url": "https://api.mysite.com/orders",
                    "method": "POST",
                    "headers": {"X-Oshara-Secret": "a shared secret"},
                    "timeout_seconds": 10,
                },
            },
            {
                "name": "search_docs",
                "kind": "kb",
                "description": "Search.",
                "input_schema": {"type": "object"},
                "config": {},
            },
        ]
    },
    {
        "mcp_servers": [{"name": "search", "url": "https://mcp.mysite.com", "transport": "streamable_http"}],
        "tools": [
            {
                "name": "search_web",
                "kind": "mcp",
                "description": "Search the web.",
                "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}},
                "config": {"server_name": "search", "tool_name": "web_search"},
                "is_active": True,
                "ordering": 1,
            }
        ],
    },
    {
        "tools": [
            {
                "name": "open_pricing",
                "kind": "client_event",
                "description": "Open the prices.",
                "input_schema": {"type": "object", "properties": {}},
                "config": {"topic": "custom.open_pricing"},
            }
        ]
    },
]


async def test_the_documented_patches_work(site: Site) -> None:
    """Contract 2.1, 7: what the documents send alone by PATCH."""
    for change in DOCUMENTED:
        answer = await site.owner.patch(f"{ALL}support-bot/", json=change)
        assert answer.status_code == 200, answer.text
        read = answer.json()
        for name, value in change.items():
            if isinstance(value, list) and isinstance(value[0], dict):
                for sent, kept in zip(value, read[name], strict=True):
                    assert {key: kept[key] for key in sent if key != "config"}.items() <= sent.items()
            else:
                assert read[name] == value


async def test_faults_of_what_is_nested_have_their_path(site: Site) -> None:
    """Contract 14.5, 14.12: `tools.0.config.url` and the like, in one answer each, and nothing is changed."""
    stranger = await site.stranger()
    await stranger.post(ALL, json={"slug": "foreign-bot", "name": "Foreign"})
    tool = {"name": "a", "kind": "http", "description": "d", "config": {"url": "https://api.acme.com"}}
    path = f"{ALL}support-bot/"
    for change, faulty in (
        ({"tools": [{**tool, "config": {"url": "http://10.0.0.1/"}}]}, "tools.0.config.url"),
        ({"tools": [{**tool, "config": {}}]}, "tools.0.config.url"),
        ({"tools": [tool, {**tool, "kind": "magic"}]}, "tools.1.kind"),
        ({"tools": [tool, tool]}, "tools.1.name"),
        ({"tools": [{**tool, "name": "transfer_to_sales"}]}, "tools.0.name"),
        ({"tools": [{**tool, "input_schema": {"type": "object", "properties": 1}}]}, "tools.0.input_schema.properties"),
        ({"tools": [{**tool, "input_schema": {"type": "object", "properties": {"q": {"pattern": "(a+)+$"}}}}]},
         "tools.0.input_schema.properties.q.pattern"),
        ({"tools": [{**tool, "kind": "mcp", "config": {"server_name": "x", "tool_name": "y"}}]},
         "tools.0.config.server_name"),
        ({"tools": [{**tool, "kind": "kb", "config": {"headers": "abc"}}]}, "tools.0.config.headers"),
        ({"tools": [{**tool, "kind": "kb", "config": {"headers": {"X": 5}}}]}, "tools.0.config.headers.X"),
        ({"mcp_servers": [{"name": "a", "url": "http://[::ffff:127.0.0.1]/"}]}, "mcp_servers.0.url"),
        ({"handoff_targets": [{"slug": "foreign-bot"}]}, "handoff_targets.0.slug"),
        ({"handoff_targets": [{"slug": "no-such-bot"}]}, "handoff_targets.0.slug"),
        ({"allowed_origins": ["https://ok.example", "acme"]}, "allowed_origins.1"),
        ({"voice": {"voice_url": "ftp://acme.com/a.wav"}}, "voice.voice_url"),
        ({"slug": "other"}, "slug"),
    ):  # fmt: skip
        shown = refused(await site.owner.patch(path, json=change), 422, "validation_failed")
        assert list(shown["errors"]) == [faulty]
    assert (await site.owner.get(path)).json()["version"] == 1


async def test_a_mask_belongs_to_the_name_and_not_to_the_place(site: Site) -> None:
    """Contract 14.12: matched by tool or server name and header name; short secrets show nothing; others are 422."""

    def tool(name: str, secret: str) -> dict[str, Any]:
        config = {"url": "https://api.acme.com", "headers": {"Authorization": secret}}
        return {"name": name, "kind": "http", "description": "d", "config": config}

    path = f"{ALL}support-bot/"
    servers = [{"name": "search", "url": "https://mcp.acme.com", "headers": {"X-Key": "short"}}]
    sent = {"tools": [tool("a", "first secret 1111"), tool("b", "other secret 2222")], "mcp_servers": servers}
    read = (await site.owner.patch(path, json=sent)).json()
    assert [each["config"]["headers"]["Authorization"] for each in read["tools"]] == ["••••1111", "••••2222"]
    assert read["mcp_servers"][0]["headers"] == {"X-Key": "••••"}

    turned = (await site.owner.patch(path, json={"tools": read["tools"][::-1]})).json()
    assert [each["config"]["headers"]["Authorization"] for each in turned["tools"]] == ["••••2222", "••••1111"]
    assert (await site.owner.put(path, json=turned)).json()["version"] == turned["version"]
    for tools, faulty in (
        ([tool("renamed", "••••1111")], "tools.0.config.headers.Authorization"),
        ([tool("a", "••••2222")], "tools.0.config.headers.Authorization"),
        ([tool("a", "••••1111"), tool("c", "••••")], "tools.1.config.headers.Authorization"),
    ):
        shown = refused(await site.owner.patch(path, json={"tools": tools}), 422, "validation_failed")
        assert list(shown["errors"]) == [faulty]
    renamed = [{**read["mcp_servers"][0], "name": "renamed"}]
    shown = refused(await site.owner.patch(path, json={"mcp_servers": renamed}), 422, "validation_failed")
    assert list(shown["errors"]) == ["mcp_servers.0.headers.X-Key"]


async def test_slugs_that_are_none(site: Site) -> None:
    """Contract 14.5: `^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`, in ASCII alone."""
    texts = [
        "",
        "A",
        "a_b",
        "-a",
        "a-",
        "a" * 64,
        "bücher",
        "аcme",
        "bot\u200b",
        "مساعد",
        "🤖",
        "a b",
        "a/b",
        "a.b",
        "ａ",
    ]
    others: list[Any] = [5, None, [], True]
    for slug in [*texts, *others]:
        shown = refused(await site.owner.post(ALL, json={"slug": slug, "name": "x"}), 422, "validation_failed")
        assert list(shown["errors"]) == ["slug"], slug


async def test_texts_of_every_script_come_back_as_they_were_sent(site: Site) -> None:
    texts = {
        "name": "🤖 Helfer 👩🏽‍💻",
        "greeting": "\u2067أهلا\u2069 and नमस्ते, Cre\u0300me",
        "system_prompt": "שלום\n\t\u202eabc\u202c 𝕏",
        "character_type": "客服",
    }
    made = (await site.owner.post(ALL, json={"slug": "a-1", "name": "x", **texts})).json()
    assert texts.items() <= made.items()
    assert texts.items() <= (await site.owner.get(f"{ALL}a-1/")).json().items()


async def test_prompts_have_a_limit_in_bytes(site: Site) -> None:
    """Contract 14.12: a field over its own limit is 422, a body over 1 MB is 413."""
    path = f"{ALL}support-bot/"
    assert (await site.owner.patch(path, json={"system_prompt": "é" * 32_768})).status_code == 200
    for prompt in ("x" * 65_537, "x" * 1_000_000):
        shown = refused(await site.owner.patch(path, json={"system_prompt": prompt}), 422, "validation_failed")
        assert list(shown["errors"]) == ["system_prompt"]
    refused(await site.owner.patch(path, json={"system_prompt": "x" * 1_048_576}), 413, "payload_too_large")


async def test_a_foreign_character_is_not_found_on_any_method(site: Site) -> None:
    """Contract 14.5: 404 everywhere."""
    stranger = await site.stranger()
    identity = (await site.owner.get(f"{ALL}support-bot/")).json()["id"]
    for name in ("support-bot", identity):
        path = f"{ALL}{name}/"
        for answer in (
            await stranger.get(path),
            await stranger.put(path, json={"name": "Mine"}),
            await stranger.patch(path, json={"name": "Mine"}),
            await stranger.delete(path),
            await stranger.get(path, headers={"If-None-Match": "*"}),
            await stranger.delete(path, headers={"If-Match": '"x"'}),
        ):
            refused(answer, 404, "not_found")
    assert (await stranger.get(ALL)).json() == []
    taken = await stranger.post(ALL, json={"slug": "support-bot", "name": "x"})
    refused(taken, 409, "conflict")
