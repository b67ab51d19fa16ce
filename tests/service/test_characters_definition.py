"""Contract 2.1, 2.2 and 14.5: creating, reading and changing definitions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from callbox.characters.v1 import characters_pb2 as pb
from google.protobuf.json_format import MessageToDict

from services.kit.errors import Code
from services.kit.rpc.client import call
from tests.fixtures.characters import Owner, struct
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers

TOOL: dict[str, Any] = {
    "name": "find_order",
    "kind": "http",
    "description": "Finds an order.",
    "config": {"url": "https://api.acme.com/orders"},
}


@pytest.fixture
def owner(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user())


@pytest.fixture
def stranger(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user(2, "ten_two"))


def content(character: pb.Character) -> dict[str, Any]:
    return MessageToDict(character.definition)


async def test_a_new_character_has_every_default(owner: Owner) -> None:
    made = await owner.create()
    assert made.id.startswith("chr_")
    assert (made.slug, made.tenant_id, made.created_by, made.version) == ("support-bot", "ten_one", 1, 1)
    assert content(made) == {
        "slug": "support-bot",
        "name": "Support",
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
    assert await owner.get() == made == await owner.get(made.id)


async def test_what_is_sent_is_what_is_read(owner: Owner) -> None:
    sent: dict[str, Any] = {
        "greeting": "Grüß Gott, नमस्ते!",
        "language": "pt-BR",
        "allowed_origins": ["https://acme.com", "https://*.acme.com", "*"],
        "handoff_targets": [{"slug": "sales-bot"}],
        "widget_appearance": {
            "theme": {"primary_color": "#123456"},
            "max_call_seconds": 90,
            "forms": [{"id": "book-demo", "title": "Book", "fields": [{"name": "age", "type": "number", "min": 1.5}]}],
            "of_another_maker": [1, None, {"deep": True}],
        },
        "tools": [{**TOOL, "config": {"url": "https://api.acme.com", "method": "POST"}, "ordering": 2}],
        "mcp_servers": [{"name": "search", "url": "https://mcp.acme.com", "transport": "sse"}],
        "not_documented": "dropped",
    }
    await owner.create("sales-bot")
    read = content(await owner.create(**sent))
    for name in ("greeting", "language", "allowed_origins", "handoff_targets", "widget_appearance"):
        assert read[name] == sent[name]
    assert read["tools"] == [
        {**TOOL, "config": {"url": "https://api.acme.com", "method": "POST"}, "ordering": 2, "is_active": True}
        | {"input_schema": {"type": "object", "properties": {}}}
    ]
    assert read["mcp_servers"][0]["timeout_seconds"] == 12
    assert "not_documented" not in read


async def test_a_fault_is_named_by_its_path_and_nothing_is_made(owner: Owner) -> None:
    fields = {"name": None, "tools": [TOOL, {**TOOL, "name": "b", "kind": "magic"}]}
    error = await refusal(owner.create("Bad Slug", **fields), Code.VALIDATION_FAILED)
    assert set(error.fields) == {"slug", "name", "tools.1.kind"}
    assert await owner.slugs() == []


async def test_a_slug_is_unique_per_installation(owner: Owner, stranger: Owner) -> None:
    await owner.create()
    for caller in (owner, stranger):
        error = await refusal(caller.create(), Code.CONFLICT)
        assert "slug" in error.fields
    answers = await asyncio.gather(*(owner.create("race") for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, pb.Character) for answer in answers) == 1


async def test_a_patch_merges_at_every_depth_and_null_resets(owner: Owner) -> None:
    await owner.create(
        greeting="Hello",
        widget_appearance={"theme": {"primary_color": "#111111", "text_color": "#222222"}, "fab_label": "Talk"},
        tools=[TOOL],
        max_turn_seconds=20,
        voice={"audio_file": "https://acme.com/a.wav"},
    )
    patch: dict[str, Any] = {"theme": {"text_color": None, "accent_color": "#333333"}, "fab_label": None, "forms": []}
    changed = content(
        await owner.patch(widget_appearance=patch, greeting=None, max_turn_seconds=None, voice={"audio_file": None})
    )
    assert changed["widget_appearance"] == {
        "theme": {"primary_color": "#111111", "accent_color": "#333333"},
        "forms": [],
    }
    assert (changed["greeting"], changed["max_turn_seconds"], len(changed["tools"])) == ("", 35, 1)
    assert changed["voice"] == {"audio_file": "", "voice_url": ""}
    assert content(await owner.patch(tools=[]))["tools"] == []


async def test_a_put_replaces(owner: Owner) -> None:
    await owner.create(greeting="Hello", tools=[TOOL])
    changed = content(await owner.put(name="New name"))
    assert (changed["name"], changed["greeting"], changed["tools"]) == ("New name", "", [])
    error = await refusal(owner.put(), Code.VALIDATION_FAILED)
    assert set(error.fields) == {"name"}


async def test_what_was_read_can_be_put_back(owner: Owner) -> None:
    made = await owner.create(tools=[{**TOOL, "config": {**TOOL["config"], "headers": {"X-Secret": "s3cret-s3cret"}}}])
    again = await owner.update("support-bot", content(made), pb.UPDATE_MODE_REPLACE)
    assert again == made


async def test_a_slug_never_changes(owner: Owner) -> None:
    await owner.create()
    for content, mode in (
        ({"slug": "other"}, pb.UPDATE_MODE_MERGE),
        ({"slug": None}, pb.UPDATE_MODE_MERGE),
        ({"slug": "other", "name": "x"}, pb.UPDATE_MODE_REPLACE),
    ):
        error = await refusal(owner.update("support-bot", content, mode), Code.VALIDATION_FAILED)
        assert set(error.fields) == {"slug"}
    await refusal(owner.patch(name=None), Code.VALIDATION_FAILED)
    assert (await owner.update("support-bot", {"slug": "support-bot"}, pb.UPDATE_MODE_MERGE)).version == 1


async def test_each_change_is_a_version_and_no_change_is_none(owner: Owner) -> None:
    await owner.create(greeting="Hello")
    await owner.patch(greeting="Hi")
    await owner.patch(greeting="Hi")
    await owner.put(name="Support", greeting="Hi")
    last = await owner.patch(name="Help", max_turn_seconds=30)
    assert last.version == 3
    assert await owner.history() == [
        (3, ["name", "max_turn_seconds"]),
        (2, ["greeting"]),
        (1, ["slug", "name", "greeting"]),
    ]


async def test_true_is_another_value_than_one(owner: Owner) -> None:
    await owner.create(widget_appearance={"of_another_maker": {"flag": 1}})
    changed = await owner.patch(widget_appearance={"of_another_maker": {"flag": True}})
    assert (changed.version, content(changed)["widget_appearance"]) == (2, {"of_another_maker": {"flag": True}})


async def test_patches_at_once_lose_nothing(owner: Owner) -> None:
    await owner.create()
    await asyncio.gather(*(owner.patch(widget_appearance={"labels": {f"label{n}": "x"}}) for n in range(12)))
    read = await owner.get()
    assert len(content(read)["widget_appearance"]["labels"]) == 12
    assert read.version == 13


async def test_an_update_says_how(owner: Owner) -> None:
    await owner.create()
    request = pb.UpdateCharacterRequest(slug="support-bot", definition=struct({"name": "x"}))
    await refusal(call(owner.stub.UpdateCharacter, request, identity=owner.token), Code.INVALID_REQUEST)


async def test_the_list_is_newest_first_in_pages(owner: Owner, stranger: Owner) -> None:
    for number in range(5):
        await owner.create(f"bot-{number}")
    await stranger.create("not-mine")
    slugs, token = [], ""
    while True:
        request = pb.ListCharactersRequest(page_size=2, page_token=token)
        answer = await call(owner.stub.ListCharacters, request, identity=owner.token)
        assert len(answer.characters) <= 2
        slugs += [character.slug for character in answer.characters]
        token = answer.next_page_token
        if not token:
            break
    assert slugs == ["bot-4", "bot-3", "bot-2", "bot-1", "bot-0"]
    request = pb.ListCharactersRequest(page_token="not a token")
    await refusal(call(owner.stub.ListCharacters, request, identity=owner.token), Code.INVALID_REQUEST)


async def test_pages_of_big_definitions_stay_below_the_message_limit(owner: Owner) -> None:
    for number in range(6):
        await owner.create(f"bot-{number}", widget_appearance={"x": "x" * 260_000}, documents=["x" * 60_000])
        await owner.patch(f"bot-{number}", tools=[{**TOOL, "name": f"t{n}", "x": "x" * 60_000} for n in range(8)])
    answer = await call(owner.stub.ListCharacters, pb.ListCharactersRequest(), identity=owner.token)
    assert 1 <= len(answer.characters) < 6
    request = pb.ListCharactersRequest(page_token=answer.next_page_token)
    rest = await call(owner.stub.ListCharacters, request, identity=owner.token)
    assert len(answer.characters) + len(rest.characters) == 6
    assert not rest.next_page_token


async def test_a_foreign_character_is_not_found(owner: Owner, stranger: Owner, callers: Callers) -> None:
    made = await owner.create()
    for name in (made.slug, made.id, "no-such-bot", "", "nul\x00", "x" * 5000):
        await refusal(stranger.get(name), Code.NOT_FOUND)
        await refusal(stranger.patch(name, greeting="mine now"), Code.NOT_FOUND)
        await refusal(stranger.delete(name), Code.NOT_FOUND)
        await refusal(stranger.history(name), Code.NOT_FOUND)
        await refusal(stranger.resolve(name), Code.NOT_FOUND)
    assert await owner.get() == made
    staff = Owner(owner.stub, callers.user(3, "ten_three", is_staff=True))
    assert (await staff.patch(greeting="by staff")).version == 2


async def test_only_users_read_and_change(owner: Owner, callers: Callers) -> None:
    await owner.create()
    for token in (callers.visitor("https://acme.com"), callers.service("sessions")):
        other = Owner(owner.stub, token)
        for attempt in (other.create("x"), other.get(), other.patch(), other.delete(), other.slugs(), other.history()):
            await refusal(attempt, Code.NOT_AUTHENTICATED)


async def test_a_deleted_slug_may_be_used_again(owner: Owner, stranger: Owner) -> None:
    first = await owner.create()
    await owner.delete()
    for attempt in (owner.get(), owner.get(first.id), owner.delete(), owner.resolve(), owner.patch()):
        await refusal(attempt, Code.NOT_FOUND)
    assert await owner.slugs() == []
    second = await stranger.create()
    assert second.id != first.id
    await refusal(owner.get(), Code.NOT_FOUND)
