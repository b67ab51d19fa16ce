"""Contract 14.5 and 14.12 (masks): secrets, encrypted at rest, masked on read, kept when the mask comes back."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from callbox.characters.v1 import characters_pb2 as pb
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from cryptography.fernet import Fernet
from google.protobuf.json_format import MessageToDict

from deploy.local.ports import pick_ports
from services.characters.secrets import secret_fields
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from services.kit.vault import Vault
from tests.fixtures.characters import Owner
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers

KEY, OTHER_KEY = "sk-proj-abcdef1234", "sk-another-value-1234"
TOKEN = "Bearer tool-secret-9876"


@pytest.fixture
def owner(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user())


def tool(name: str = "find_order", **headers: str) -> dict[str, Any]:
    config = {"url": "https://api.acme.com", "headers": headers}
    return {"name": name, "kind": "http", "description": "Finds an order.", "config": config}


def server(**headers: str) -> dict[str, Any]:
    return {"name": "search", "url": "https://mcp.acme.com", "headers": headers}


def content(character: pb.Character) -> dict[str, Any]:
    return MessageToDict(character.definition)


def headers_of(character: pb.Character, tool_number: int = 0) -> dict[str, str]:
    headers: dict[str, str] = content(character)["tools"][tool_number]["config"]["headers"]
    return headers


async def read_key(owner: Owner, callers: Callers, character: pb.Character) -> str:
    request = pb.ReadSecretsRequest(character_id=character.id, version=character.version)
    answer = await call(owner.stub.ReadSecrets, request, identity=callers.service("agent"))
    return answer.llm_api_key


async def stored_secrets(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The secrets of the newest version, decrypted."""
    vault = Vault.open(tmp_path / "data" / "characters-secrets.key")
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        """select s.key, s.value from characters.versions v, jsonb_each_text(v.secrets) s
        where v.version = (select max(version) from characters.versions)"""
    )
    await connection.close()
    return {row["key"]: vault.decrypt(row["value"]) for row in rows}


@pytest.mark.own_stack("reads the key file")
async def test_secrets_are_masked_on_read_and_encrypted_at_rest(
    owner: Owner, callers: Callers, database_url: str, tmp_path: Path
) -> None:
    made = await owner.create(
        llm_api_key=KEY,
        kb_query_api_key="kb-secret-key-5555",
        tools=[tool(Authorization=TOKEN, Short="abc", Empty="")],
        mcp_servers=[server(Authorization="mcp-secret-4321")],
    )
    read = content(made)
    assert (read["llm_api_key"], read["kb_query_api_key"]) == ("••••1234", "••••5555")
    assert headers_of(made) == {"Authorization": "••••9876", "Short": "••••", "Empty": ""}
    assert read["mcp_servers"][0]["headers"] == {"Authorization": "••••4321"}
    assert await read_key(owner, callers, made) == KEY

    connection = await asyncpg.connect(database_url)
    stored = await connection.fetchval("select string_agg(v::text, '') from characters.versions v")
    await connection.close()
    for secret in (KEY, TOKEN, "mcp-secret-4321", "kb-secret-key-5555"):
        assert secret not in stored
    assert await stored_secrets(database_url, tmp_path) == {
        "llm_api_key": KEY,
        "kb_query_api_key": "kb-secret-key-5555",
        "tools/find_order/authorization": TOKEN,
        "tools/find_order/short": "abc",
        "mcp_servers/search/authorization": "mcp-secret-4321",
    }
    assert (tmp_path / "data" / "characters-secrets.key").stat().st_mode & 0o777 == 0o600


async def test_a_mask_sent_back_means_unchanged(owner: Owner, callers: Callers) -> None:
    made = await owner.create(llm_api_key=KEY)
    assert (await owner.patch(llm_api_key="••••1234")).version == 1
    renamed = await owner.patch(llm_api_key="••••1234", name="New name")
    assert await read_key(owner, callers, renamed) == KEY
    assert await owner.history() == [(2, ["name"]), (1, ["slug", "name", "llm_api_key"])]
    assert (await owner.patch(llm_api_key=KEY)).version == 2
    assert made.version == 1


async def test_a_new_secret_with_the_same_tail_is_a_change(owner: Owner, callers: Callers) -> None:
    made = await owner.create(llm_api_key=KEY)
    changed = await owner.patch(llm_api_key=OTHER_KEY)
    assert content(changed)["llm_api_key"] == "••••1234"
    assert await read_key(owner, callers, changed) == OTHER_KEY
    assert await read_key(owner, callers, made) == KEY
    assert (await owner.history())[0] == (2, ["llm_api_key"])


async def test_null_and_empty_remove_a_secret(owner: Owner, callers: Callers) -> None:
    await owner.create(llm_api_key=KEY)
    removed = await owner.patch(llm_api_key=None)
    assert content(removed)["llm_api_key"] == ""
    assert await read_key(owner, callers, removed) == ""
    await refusal(owner.patch(llm_api_key="••••1234"), Code.VALIDATION_FAILED)
    await owner.patch(llm_api_key=KEY)
    assert content(await owner.patch(llm_api_key=""))["llm_api_key"] == ""


async def test_a_mask_with_nothing_behind_it_is_refused(owner: Owner) -> None:
    for mask in ("••••", "••••1234"):
        error = await refusal(owner.create(llm_api_key=mask, tools=[tool(X=mask)]), Code.VALIDATION_FAILED)
        assert set(error.fields) == {"llm_api_key", "tools.0.config.headers.X"}
    await owner.create(llm_api_key=KEY)
    error = await refusal(owner.patch(llm_api_key="••••9999"), Code.VALIDATION_FAILED)
    assert set(error.fields) == {"llm_api_key"}


@pytest.mark.own_stack("reads the key file")
async def test_masks_of_headers_follow_names_not_positions(owner: Owner, database_url: str, tmp_path: Path) -> None:
    await owner.create(tools=[tool("a", X="first-secret-aaaa"), tool("b", X="other-secret-aaaa")])
    turned = await owner.patch(tools=[tool("b", x="••••aaaa"), tool("a", X="••••aaaa", Y="new-one-secret-bbbb")])
    assert headers_of(turned, 1) == {"X": "••••aaaa", "Y": "••••bbbb"}
    assert await stored_secrets(database_url, tmp_path) == {
        "tools/a/x": "first-secret-aaaa",
        "tools/a/y": "new-one-secret-bbbb",
        "tools/b/x": "other-secret-aaaa",
    }
    error = await refusal(owner.patch(tools=[tool("renamed", X="••••aaaa")]), Code.VALIDATION_FAILED)
    assert set(error.fields) == {"tools.0.config.headers.X"}


async def test_only_the_agent_reads_secrets_and_of_deleted_characters_too(owner: Owner, callers: Callers) -> None:
    made = await owner.create(llm_api_key=KEY)
    request = pb.ReadSecretsRequest(character_id=made.id, version=1)
    for token in (owner.token, callers.service("sessions"), callers.visitor()):
        await refusal(call(owner.stub.ReadSecrets, request, identity=token), Code.PERMISSION_DENIED)
    for unknown in (
        pb.ReadSecretsRequest(character_id=made.id, version=2),
        pb.ReadSecretsRequest(character_id="chr_\x00", version=1),
    ):
        await refusal(call(owner.stub.ReadSecrets, unknown, identity=callers.service("agent")), Code.NOT_FOUND)
    await owner.delete()
    assert await read_key(owner, callers, made) == KEY


@pytest.mark.own_stack("reads and writes rows")
async def test_a_lost_key_file_is_an_internal_fault_and_a_new_secret_mends_it(
    owner: Owner, callers: Callers, database_url: str
) -> None:
    made = await owner.create(llm_api_key=KEY)
    foreign = Vault([b"A" * 43 + b"="]).encrypt(KEY)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "update characters.versions set secrets = jsonb_build_object('llm_api_key', $1::text)", foreign
    )
    await connection.close()
    await refusal(read_key(owner, callers, made), Code.INTERNAL)
    assert await read_key(owner, callers, await owner.patch(llm_api_key=KEY)) == KEY


@pytest.mark.parametrize("headers", ["abc", ["a"], 5, True, [None], {"X": 5}, {"X": None}, {"X": {}}])
def test_what_is_no_text_is_no_secret(headers: Any) -> None:
    """Contract 14.5: kinds of tools that have no headers were stored with whatever was sent under that name."""
    definition = {"tools": [{"name": "look_up", "kind": "kb", "config": {"headers": headers}}], "llm_api_key": None}
    before = deepcopy(definition)
    assert list(secret_fields(definition)) == []
    assert definition == before


def test_an_old_key_still_decrypts_after_a_new_one_is_put_above_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    sealed = Vault.open(path).encrypt(KEY)
    new = Vault.open(tmp_path / "other.key")
    path.write_bytes((tmp_path / "other.key").read_bytes() + b"\n" + path.read_bytes())
    rotated = Vault.open(path)
    assert rotated.decrypt(sealed) == KEY
    assert new.decrypt(rotated.encrypt(KEY)) == KEY


async def rotate(path: Path) -> bytes:
    """Puts a new key above the others; the key that was first before."""
    old = path.read_bytes()
    path.write_bytes(Fernet.generate_key() + b"\n" + old)
    return old


def environment(database_url: str, keys_dir: Path, tmp_path: Path) -> dict[str, str]:
    """What a process of the service is told."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")}
    return inherited | {
        "CALLBOX_DATABASE_URL": database_url,
        "CALLBOX_KEYS_DIR": str(keys_dir),
        "CALLBOX_DATA_DIR": str(tmp_path / "data"),
    }


async def reseal_command(
    database_url: str, keys_dir: Path, tmp_path: Path, command: str = "reseal"
) -> tuple[int | None, str]:
    """Exit status and output of `python -m services.characters reseal`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.characters", command),
        env=environment(database_url, keys_dir, tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    return process.returncode, said.decode()


async def stored_of(database_url: str, character_id: str) -> dict[str, str]:
    connection = await asyncpg.connect(database_url)
    secrets = await connection.fetchval("select secrets from characters.versions where character_id = $1", character_id)
    await connection.close()
    sealed: dict[str, str] = json.loads(secrets)
    return sealed


async def all_sealed(database_url: str) -> list[dict[str, str]]:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("select secrets from characters.versions order by character_id, version")
    await connection.close()
    return [json.loads(row["secrets"]) for row in rows]


@pytest.mark.own_stack("reads the key file")
async def test_a_new_key_is_in_use_at_once_and_reseal_rids_of_the_old_one(
    owner: Owner,
    callers: Callers,
    database_url: str,
    keys_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Contract 14.5: encrypted at rest with key rotation, old versions and deleted characters included.

    Slow: the command runs three times, each in a process that imports the service.
    """
    path = tmp_path / "data" / "characters-secrets.key"
    made = await owner.create(llm_api_key=KEY, tools=[tool(Authorization=TOKEN)])
    await owner.patch(llm_api_key=OTHER_KEY)
    for number in range(5):
        await owner.create(f"bot-{number}", llm_api_key=f"sk-secret-of-bot-{number}")
    await owner.create("no-secrets")
    await owner.delete("bot-4")
    before = await all_sealed(database_url)

    await rotate(path)
    new_only = Vault([path.read_bytes().split()[0]])
    late = await owner.create("late", llm_api_key=KEY)
    assert new_only.decrypt((await stored_of(database_url, late.id))["llm_api_key"]) == KEY
    assert await read_key(owner, callers, made) == KEY

    status, said = await reseal_command(database_url, keys_dir, tmp_path)
    assert status == 0, said
    assert '"resealed": 7' in said
    assert '"resealed": 0' in said
    after = await all_sealed(database_url)
    assert len(before) + 1 == len(after) == 9
    assert sum(map(len, after)) == 10
    for secrets in after:
        for sealed in secrets.values():
            assert new_only.decrypt(sealed)
    path.write_bytes(path.read_bytes().split()[0])
    assert await read_key(owner, callers, made) == KEY
    assert (await owner.patch(llm_api_key="••••1234")).version == 2
    for secret in (KEY, OTHER_KEY, TOKEN, *path.read_text().split()):
        assert secret not in said

    path.write_bytes(Fernet.generate_key())
    status, said = await reseal_command(database_url, keys_dir, tmp_path)
    assert status == 1
    assert "bring the old key back" in said
    status, said = await reseal_command(database_url, keys_dir, tmp_path, "resael")
    assert (status, "usage:" in said) == (1, True)


async def test_no_log_shows_a_secret(database_url: str, keys_dir: Path, tmp_path: Path, callers: Callers) -> None:
    """Contract 14.5: neither where things go well nor where they break, in the form with tracebacks for people."""
    (port,) = pick_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.characters"),
        env=environment(database_url, keys_dir, tmp_path)
        | {"CALLBOX_LISTEN": f"127.0.0.1:{port}", "CALLBOX_LOG_FORMAT": "console", "CALLBOX_LOG_LEVEL": "debug"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        said = b""
        while b"serving" not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line
    secrets: dict[str, Any] = {"llm_api_key": KEY, "tools": [tool(Authorization=TOKEN)], "kb_query_api_key": OTHER_KEY}
    async with connect(f"127.0.0.1:{port}") as channel:
        owner = Owner(CharactersServiceStub(channel), callers.user())
        await owner.create(**secrets)
        await owner.patch(llm_api_key=OTHER_KEY)
        await refusal(owner.patch(tools=[tool(Authorization=TOKEN + "\r\n")], llm_provider=KEY), Code.VALIDATION_FAILED)
        await refusal(owner.patch(llm_api_key="x" * 4097 + KEY), Code.VALIDATION_FAILED)
        connection = await asyncpg.connect(database_url)
        await connection.execute("alter table characters.versions drop column bytes")
        await connection.close()
        await refusal(owner.create("broken", **secrets), Code.INTERNAL)
        await refusal(owner.patch(llm_api_key=KEY), Code.INTERNAL)
    process.terminate()
    async with asyncio.timeout(30):
        said += await process.stdout.read()
        await process.wait()
    assert b"UndefinedColumnError" in said
    for secret in (KEY, OTHER_KEY, TOKEN):
        assert secret.encode() not in said
