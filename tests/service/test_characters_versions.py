"""Contract 14.5, 14.12: versions, what differs between them, having one back, and conditions on changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import jsonpatch
import pytest
from callbox.characters.v1 import characters_pb2 as pb
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from google.protobuf.json_format import MessageToDict

from services.characters.app import running
from services.characters.settings import CharactersSettings
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from tests.fixtures.characters import Owner, struct
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers

KEY = "sk-proj-abcdef1234"


@pytest.fixture
def owner(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user())


def content(message: pb.Character | pb.CharacterVersion) -> dict[str, Any]:
    return MessageToDict(message.definition)


def tool(secret: str) -> dict[str, Any]:
    config = {"url": "https://api.acme.com", "headers": {"Authorization": secret}}
    return {"name": "find_order", "kind": "http", "description": "Finds an order.", "config": config}


async def test_an_old_version_is_read_whole_and_masked(owner: Owner, callers: Callers) -> None:
    made = await owner.create(greeting="Hello", llm_api_key=KEY, tools=[tool("Bearer tool-secret-9876")])
    await owner.patch(greeting="Hi", tools=[])
    first = await owner.version(1)
    assert {**content(first), "documents": []} == content(made)
    assert content(first)["llm_api_key"] == "••••1234"
    assert content(first)["tools"][0]["config"]["headers"] == {"Authorization": "••••9876"}
    assert (first.version, first.created_by, first.character_id) == (1, 1, made.id)
    assert list(first.changed) == ["slug", "name", "greeting", "llm_api_key", "tools"]
    for number in (0, 3, -1, 2**31 - 1):
        await refusal(owner.version(number), Code.NOT_FOUND)
    stranger = Owner(owner.stub, callers.user(2, "ten_two"))
    for attempt in (stranger.version(1), stranger.restore(1), stranger.compare(2, 1)):
        await refusal(attempt, Code.NOT_FOUND)


async def test_restoring_makes_a_new_version_with_the_old_content_and_secrets(owner: Owner, callers: Callers) -> None:
    made = await owner.create(greeting="Hello", llm_api_key=KEY)
    await owner.patch(greeting="Hi", llm_api_key="sk-another-value-5678", max_turn_seconds=20)
    back = await owner.restore(1)
    assert (back.version, content(back)) == (3, content(made))
    assert (await owner.history())[0] == (3, ["greeting", "llm_api_key", "max_turn_seconds"])
    request = pb.ReadSecretsRequest(character_id=made.id, version=3)
    secrets = await call(owner.stub.ReadSecrets, request, identity=callers.service("agent"))
    assert secrets.llm_api_key == KEY
    assert (await owner.restore(3)).version == 3
    assert (await owner.restore(1)).version == 3
    assert content(await owner.version(2))["greeting"] == "Hi"


async def test_a_secret_taken_away_comes_back_and_its_mask_is_good_again(owner: Owner) -> None:
    await owner.create(tools=[tool("Bearer tool-secret-9876")])
    await owner.patch(tools=[])
    await refusal(owner.patch(tools=[tool("••••9876")]), Code.VALIDATION_FAILED)
    back = await owner.restore(1)
    assert (await owner.patch(tools=content(back)["tools"], name="Same")).version == 4


async def test_what_differs_is_a_json_patch_with_masks(owner: Owner) -> None:
    await owner.create(greeting="Hello", allowed_origins=["https://a.example", "https://b.example"])
    await owner.patch(greeting="Hi", llm_api_key=KEY, allowed_origins=["https://b.example"])
    first, second = content(await owner.version(1)), content(await owner.version(2))
    for number, against, before, after in ((2, 1, first, second), (1, 2, second, first)):
        patch = await owner.compare(number, against)
        assert jsonpatch.apply_patch(before, patch) == after
        assert KEY not in str(patch)
    assert {"op": "replace", "path": "/greeting", "value": "Hi"} in await owner.compare(2, 1)
    assert await owner.compare(2, 2) == []
    from_nothing = await owner.compare(1, 0)
    assert {step["path"] for step in from_nothing} == {"/slug", "/name", "/greeting"} | {
        f"/allowed_origins/{number}" for number in range(2)
    }
    for number, against in ((3, 1), (1, 3), (0, 1), (1, -1)):
        await refusal(owner.compare(number, against), Code.NOT_FOUND)


async def test_versions_come_in_pages_with_their_total(owner: Owner) -> None:
    await owner.create()
    for number in range(5):
        await owner.patch(greeting=f"Hello {number}")
    request = pb.ListCharacterVersionsRequest(slug="support-bot", page_size=2, skip=2)
    page = await call(owner.stub.ListCharacterVersions, request, identity=owner.token)
    assert ([version.version for version in page.versions], page.total_size) == ([4, 3], 6)
    request = pb.ListCharacterVersionsRequest(slug="support-bot", page_size=9, page_token=page.next_page_token)
    rest = await call(owner.stub.ListCharacterVersions, request, identity=owner.token)
    assert [version.version for version in rest.versions] == [2, 1]
    request = pb.ListCharacterVersionsRequest(slug="support-bot", skip=-1)
    await refusal(call(owner.stub.ListCharacterVersions, request, identity=owner.token), Code.VALIDATION_FAILED)


async def test_the_oldest_versions_go_once_no_call_can_run_on_them(
    database_url: str, keys_dir: Path, tmp_path: Path, callers: Callers
) -> None:
    """Bounded storage: `versions_kept` of each character, and beside them what a call of a day's length may run on."""
    settings = CharactersSettings(database_url=database_url, keys_dir=keys_dir, data_dir=tmp_path, versions_kept=3)
    async with running(settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        owner = Owner(CharactersServiceStub(channel), callers.user())
        await owner.create()
        for number in range(2, 7):
            await owner.patch(greeting=f"Hello {number}")
        assert [number for number, _ in await owner.history()] == [6, 5, 4, 3, 2, 1]
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "update characters.versions set created_at = created_at - interval '25 hours' where version <= 3"
        )
        await connection.close()
        await owner.patch(greeting="Hello 7")
        # 5 to 7 are the newest three, 4 is younger than a day, and on 3 a call may have begun 24 hours ago.
        assert [number for number, _ in await owner.history()] == [7, 6, 5, 4, 3]
        await refusal(owner.restore(2), Code.NOT_FOUND)


async def test_the_entity_tag_is_that_of_one_version_of_one_character(owner: Owner) -> None:
    made, other = await owner.create(), await owner.create("other-bot")
    changed = await owner.patch(greeting="Hi")
    assert len({made.etag, other.etag, changed.etag}) == 3
    assert (await owner.get()).etag == changed.etag


async def test_a_change_made_from_an_old_version_is_refused(owner: Owner) -> None:
    """Contract 14.12, RFC 9110: `If-Match`."""
    made = await owner.create()
    changed = await owner.patch(greeting="Hi")

    def update(if_match: list[str], mode: pb.UpdateMode.ValueType) -> pb.UpdateCharacterRequest:
        definition = struct({"name": "Support", "greeting": f"{if_match}{mode}"})
        return pb.UpdateCharacterRequest(slug="support-bot", definition=definition, mode=mode, if_match=if_match)

    for mode in (pb.UPDATE_MODE_MERGE, pb.UPDATE_MODE_REPLACE):
        for stale in ([made.etag], ["W/" + changed.etag], ["", "x"]):
            request = update(stale, mode)
            await refusal(call(owner.stub.UpdateCharacter, request, identity=owner.token), Code.PRECONDITION_FAILED)
    stale_delete = pb.DeleteCharacterRequest(slug="support-bot", if_match=[made.etag])
    await refusal(call(owner.stub.DeleteCharacter, stale_delete, identity=owner.token), Code.PRECONDITION_FAILED)
    await refusal(owner.restore(1, if_match=(made.etag,)), Code.PRECONDITION_FAILED)
    assert await owner.get() == changed

    for others in ([], ["x"], ["*"]):
        request = update([*others, changed.etag], pb.UPDATE_MODE_MERGE)
        changed = await call(owner.stub.UpdateCharacter, request, identity=owner.token)
    changed = await owner.restore(1, if_match=(changed.etag,))
    good_delete = pb.DeleteCharacterRequest(slug="support-bot", if_match=[changed.etag])
    await call(owner.stub.DeleteCharacter, good_delete, identity=owner.token)
    await refusal(call(owner.stub.DeleteCharacter, good_delete, identity=owner.token), Code.NOT_FOUND)


async def test_of_changes_at_once_with_one_tag_one_wins(owner: Owner) -> None:
    made = await owner.create()

    def attempt(number: int) -> Any:
        request = pb.UpdateCharacterRequest(
            slug="support-bot",
            definition=struct({"greeting": f"Hello {number}"}),
            mode=pb.UPDATE_MODE_MERGE,
            if_match=[made.etag],
        )
        return call(owner.stub.UpdateCharacter, request, identity=owner.token)

    answers = await asyncio.gather(*(attempt(number) for number in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, pb.Character) for answer in answers) == 1
    assert (await owner.get()).version == 2


FIELDS: dict[str, Any] = {
    "name": "Twenty",
    "character_type": "SUPPORT_AGENT",
    "image": "https://shop.example/a.png",
    "system_prompt": "You help.",
    "greeting": "Hello!",
    "voice": {"voice_url": "https://shop.example/a.wav"},
    "language": "pt-BR",
    "background_audio": "cafe",
    "allowed_origins": ["https://shop.example"],
    "widget_appearance": {"name": "Shop"},
    "stt_model": "whisper-en-large",
    "tts_model": "chatterbox-en-v1",
    "keyterms": ["Brompton"],
    "llm_model": "gpt-4o",
    "llm_api_key": KEY,
    "llm_fallbacks": ["second", "third"],
    "llm_max_tokens": 300,
    "llm_max_sentences": 2,
    "mcp_servers": [{"name": "search", "url": "https://mcp.acme.com"}],
    "max_tool_output_chars": 1000,
    "max_tool_calls_per_turn": 3,
    "max_turn_seconds": 20,
    "kb_query_url": "https://kb.acme.com",
    "recording_enabled": True,
}


async def test_changes_of_all_fields_at_once_lose_nothing(owner: Owner) -> None:
    """Contract 14.5 and "Two PATCHes at the same moment": the last write wins field by field, never as a whole."""
    await owner.create()
    await asyncio.gather(*(owner.patch(**{name: value}) for name, value in FIELDS.items()))
    read = content(await owner.get())
    assert read.pop("llm_api_key") == "••••1234"
    wanted = {**FIELDS, "voice": {"audio_file": "", **FIELDS["voice"]}}
    for name, value in wanted.items():
        if name == "mcp_servers":
            assert value[0].items() <= read[name][0].items()
        elif name != "llm_api_key":
            assert read[name] == value, name
    history = await owner.history()
    assert [number for number, _ in history] == list(range(len(FIELDS) + 1, 0, -1))
    assert sorted(changed for _, changed in history[:-1]) == sorted([name] for name in FIELDS)


async def test_two_changes_of_one_field_at_once_leave_one_of_them(owner: Owner) -> None:
    await owner.create()
    await asyncio.gather(*(owner.patch(greeting=f"Hello {number}", name=f"Name {number}") for number in range(6)))
    read = content(await owner.get())
    assert read["greeting"].removeprefix("Hello ") == read["name"].removeprefix("Name ")
