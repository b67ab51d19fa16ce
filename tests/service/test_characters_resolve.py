"""Contract 1.6, 14.3 and 14.5: resolving a character for a call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from google.protobuf.json_format import MessageToDict

from services.characters.app import running
from services.characters.settings import CharactersSettings
from services.kit.errors import Code
from services.kit.rpc.client import connect
from tests.fixtures.characters import Owner
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers


@pytest.fixture
def owner(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user())


async def test_a_snapshot_has_all_a_call_needs_and_no_secret(owner: Owner) -> None:
    await owner.create("sales")
    made = await owner.create(
        system_prompt="You are kind.",
        greeting="Hello!",
        language="es",
        stt_model="whisper-en-large",
        tts_model="chatterbox-en-v1",
        keyterms=["Brompton", "Callbox"],
        llm_model="gpt-4o-mini",
        llm_api_key="sk-proj-abcdef1234",
        max_turn_seconds=20,
        recording_enabled=True,
        widget_appearance={
            "max_call_seconds": 90,
            "forms": [{"id": "a", "title": "A", "fields": [{"name": "x", "type": "text"}]}],
        },
        tools=[{"name": "t", "kind": "kb", "description": "d"}],
        handoff_targets=[{"slug": "sales"}],
    )
    snapshot = await owner.resolve()
    assert (snapshot.character_id, snapshot.slug, snapshot.version) == (made.id, "support-bot", 1)
    assert (snapshot.tenant_id, snapshot.created_by, snapshot.name) == ("ten_one", 1, "Support")
    assert (snapshot.system_prompt, snapshot.greeting, snapshot.language) == ("You are kind.", "Hello!", "es")
    assert (snapshot.stt_model, snapshot.tts_model) == ("whisper-en-large", "chatterbox-en-v1")
    assert list(snapshot.keyterms) == ["Brompton", "Callbox"]
    assert (snapshot.llm_provider, snapshot.llm_model, snapshot.has_llm_api_key) == ("openai", "gpt-4o-mini", True)
    assert (snapshot.max_tool_calls_per_turn, snapshot.max_tool_output_chars) == (6, 16000)
    assert (snapshot.max_turn_seconds, snapshot.max_call_seconds, snapshot.recording_enabled) == (20, 90, True)
    rest = MessageToDict(snapshot.definition)
    assert rest["widget_appearance"]["forms"] == [{"id": "a", "title": "A", "fields": [{"name": "x", "type": "text"}]}]
    assert rest["handoff_targets"] == [{"slug": "sales"}]
    assert rest["tools"][0]["name"] == "t"
    assert "sk-proj-abcdef1234" not in str(snapshot)
    assert "system_prompt" not in rest


async def test_slug_and_identity_resolve_to_the_newest_version(owner: Owner) -> None:
    made = await owner.create()
    await owner.patch(greeting="Hi")
    by_slug, by_id = await owner.resolve(), await owner.resolve(made.id)
    assert by_slug == by_id
    assert (by_slug.version, by_slug.greeting) == (2, "Hi")


async def test_an_inactive_character_is_not_found(owner: Owner, callers: Callers) -> None:
    await owner.create(is_active=False, allowed_origins=["*"])
    for token in (owner.token, callers.visitor("https://acme.com"), callers.service("sessions")):
        await refusal(owner.resolve(token=token), Code.NOT_FOUND)
    assert (await owner.get()).slug == "support-bot"
    await owner.patch(is_active=None)
    assert (await owner.resolve()).slug == "support-bot"


async def test_a_visitor_comes_from_an_allowed_origin(owner: Owner, callers: Callers) -> None:
    await owner.create(allowed_origins=["https://acme.com", "https://*.shop.example"])
    for origin in ("https://acme.com", "https://ACME.com:443", "https://de.shop.example"):
        assert (await owner.resolve(token=callers.visitor(origin))).slug == "support-bot"
    for origin in (
        "",
        "null",
        "http://acme.com",
        "https://acme.com:8443",
        "https://acme.com.evil.io",
        "https://evil-acme.com",
        "https://shop.example",
        "https://acme.com@evil.io",
    ):
        await refusal(owner.resolve(token=callers.visitor(origin)), Code.ORIGIN_NOT_ALLOWED)
    await refusal(owner.resolve("no-such-bot", token=callers.visitor("https://acme.com")), Code.NOT_FOUND)


async def test_no_origin_is_allowed_unless_listed(owner: Owner, callers: Callers) -> None:
    await owner.create()
    await refusal(owner.resolve(token=callers.visitor("https://acme.com")), Code.ORIGIN_NOT_ALLOWED)


async def test_origins_bind_browsers_and_a_user_is_bound_to_the_tenant(owner: Owner, callers: Callers) -> None:
    await owner.create()
    by_key = callers.user(by_key=True)
    staff = callers.user(9, "ten_nine", is_staff=True)
    for token in (owner.token, by_key, staff, callers.service("sessions"), callers.service("agent")):
        assert (await owner.resolve(token=token)).slug == "support-bot"
    await refusal(owner.resolve(token=callers.user(2, "ten_two")), Code.NOT_FOUND)


async def test_debug_skips_the_origins_and_says_so_loudly(
    database_url: str, keys_dir: Path, tmp_path: Path, callers: Callers, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = CharactersSettings(database_url=database_url, keys_dir=keys_dir, data_dir=tmp_path, debug=True)
    async with running(settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        owner = Owner(CharactersServiceStub(channel), callers.user())
        await owner.create()
        for origin in ("", "https://anywhere.example"):
            assert (await owner.resolve(token=callers.visitor(origin))).slug == "support-bot"
        await refusal(owner.resolve("no-such-bot", token=callers.visitor("https://acme.com")), Code.NOT_FOUND)
    assert "CALLBOX_DEBUG IS ON" in capsys.readouterr().out
