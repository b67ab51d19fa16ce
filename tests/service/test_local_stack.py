"""The stack's own promises, on the parts that come up quickly."""

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.local.demo import booking
from deploy.local.demo.shop import base_url
from deploy.local.ports import PortsTaken
from deploy.local.process import find_processes, is_alive
from deploy.local.seed import SLUG, demo_path, read_demo, seed
from deploy.local.settings import ROOT
from deploy.local.stack import AlreadyRunning, Stack, isolated, read_state
from tests.fixtures.stopwatch import Stopwatch

STORES = ("postgres", "redis")
DOCUMENTS = f"/api/knowledge-base/{booking.SLUG}/documents/"


def private(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


async def test_every_part_that_is_killed_comes_back_and_all_end_together(tmp_path: Path) -> None:
    async with Stack(isolated(tmp_path), only=STORES) as stack:
        before = {name: stack.pid(name) for name in STORES}
        for name in STORES:
            stack.kill(name, signal.SIGKILL)
        await asyncio.sleep(0.1)
        for name in STORES:
            await stack.wait_ready(name, 30)
        after = {name: stack.pid(name) for name in STORES}
        assert not set(before.values()) & set(after.values())
    assert not any(is_alive(pid) for pid in after.values())
    assert find_processes(f"{tmp_path}:") == set()
    assert read_state(tmp_path) == {}


async def test_a_frozen_part_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with Stack(isolated(tmp_path), only=STORES) as stack:
        for name in STORES:
            stack.kill(name, signal.SIGSTOP)
        watch = Stopwatch()
    assert watch.seconds() < 10
    assert find_processes(f"{tmp_path}:") == set()


async def test_data_and_secrets_outlive_the_stack_and_are_private(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    async with Stack(settings, only=["postgres"]):
        pass
    secrets = {path: path.read_bytes() for folder in ("keys", "secrets") for path in (tmp_path / folder).iterdir()}
    hidden = [path for path in secrets if path.suffix != ".pub"]
    assert {path.parent.name for path in hidden} == {"keys", "secrets"}
    assert all(map(private, hidden))
    assert private(tmp_path / "secrets")
    assert private(tmp_path / "keys")
    async with Stack(settings, only=["postgres"]):
        pass
    assert {path: path.read_bytes() for path in secrets} == secrets


async def test_a_service_cannot_read_what_another_one_owns(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    async with Stack(settings, only=["postgres"]):

        async def connect(role: str) -> "asyncpg.Connection[asyncpg.Record]":
            password = (tmp_path / "secrets" / f"postgres-{role}").read_text()
            return await asyncpg.connect(
                host="127.0.0.1", port=settings.postgres_port, user=role, password=password, database="callbox"
            )

        accounts, sessions = await connect("accounts"), await connect("sessions")
        try:
            await accounts.execute("create schema accounts; create table accounts.users (id int)")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sessions.execute("select * from accounts.users")
        finally:
            await accounts.close()
            await sessions.close()


async def test_a_second_stack_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with Stack(isolated(tmp_path), only=["redis"]) as first:
        second = Stack(isolated(tmp_path), only=["redis"])
        with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\). Stop it, or set CALLBOX_DATA_DIR"):
            async with second:
                pytest.fail("it must not start")
        await first.wait_ready("redis", 1)
        assert read_state(tmp_path)["parts"]["redis"]["pid"] == first.pid("redis")
    assert "redis      ready after" in (tmp_path / "logs" / "callbox.log").read_text()


async def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    settings = isolated(tmp_path / "one")
    async with Stack(settings, only=["redis"]):
        other = settings.model_copy(update={"data_dir": tmp_path / "two"})
        with pytest.raises(PortsTaken, match="CALLBOX_REDIS_PORT"):
            async with Stack(other, only=["redis"]):
                pytest.fail("it must not start")
        assert not (tmp_path / "two" / "redis").exists()


async def test_what_a_killed_run_left_behind_is_ended_by_the_next(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    mark = {"_CALLBOX_PART": f"{tmp_path}:redis"}
    orphan = await asyncio.create_subprocess_exec("sleep", "600", env={**os.environ, **mark})
    try:
        async with Stack(settings, only=["redis"]):
            async with asyncio.timeout(5):
                assert await orphan.wait() == -signal.SIGKILL
    finally:
        if orphan.returncode is None:
            orphan.kill()
            await orphan.wait()
    assert "processes of the last run" in (tmp_path / "logs" / "callbox.log").read_text()


async def test_an_unknown_part_is_named_with_the_known_ones(tmp_path: Path) -> None:
    async with Stack(isolated(tmp_path), only=["redis"]) as stack:
        with pytest.raises(KeyError, match="no part 'postgres'; parts are redis"):
            stack.kill("postgres")


@pytest.mark.timeout(180)
async def test_the_demo_is_made_once_and_kept(tmp_path: Path) -> None:
    """Slow: it starts the stores, LiveKit and four services."""
    settings = isolated(tmp_path)
    parts = (*STORES, "livekit", "accounts", "characters", "sessions", "gateway")
    async with Stack(settings, only=parts) as stack:
        first = await seed(settings)
        assert first["character"] == SLUG
        assert first["base_url"] == stack.base_url
        assert private(demo_path(settings))
        async with httpx.AsyncClient(base_url=stack.base_url, headers={"X-API-Key": first["api_key"]}) as client:
            made = await _character(client, booking.SLUG)
            assert {form["id"] for form in made["widget_appearance"]["forms"]} == {"book-demo"}
            assert made["handoff_targets"] == [{"slug": SLUG}]
            assert (await _character(client, SLUG))["handoff_targets"] == [{"slug": booking.SLUG}]
            names = await _documents(client)
            assert sorted(names) == ["delivery.md", "lamp-care.md", "opening-hours.md"]

            await _change(client, SLUG, {"greeting": "Mine.", "handoff_targets": []})
            await _change(client, booking.SLUG, {"greeting": "Mine, too."})
            await client.delete(f"{DOCUMENTS}{names['delivery.md']}/")
            before = [await _character(client, slug) for slug in (SLUG, booking.SLUG)]
            assert await seed(settings) == first == read_demo(settings)
            assert [await _character(client, slug) for slug in (SLUG, booking.SLUG)] == before
            assert "delivery.md" not in await _documents(client)
            assert all(stack.base_url in each["allowed_origins"] for each in before)

            await seed(settings.model_copy(update={"shop_port": 8765}))
            tools = (await _character(client, booking.SLUG))["tools"]
            assert [tool["config"].get("url") for tool in tools] == [base_url(8765) + "/orders", None]
            assert tools[0]["config"]["headers"] == before[1]["tools"][0]["config"]["headers"]
            (tmp_path / "secrets" / "shop").write_text("another-secret-of-the-shop")
            await seed(settings)
            tools = (await _character(client, booking.SLUG))["tools"]
            assert tools[0]["config"] == {**before[1]["tools"][0]["config"], "headers": {"X-Shop-Secret": "••••shop"}}
            tools[0]["config"]["url"] = "https://shop.example/orders"
            await _change(client, booking.SLUG, {"tools": tools})
            await seed(settings)
            assert (await _character(client, booking.SLUG))["tools"][0] == tools[0]
    logs = {path: path.read_text() for path in (tmp_path / "logs").iterdir()}
    assert {path.stem for path in logs} >= {*parts, "callbox"} - {"livekit"}
    assert not any(secret in text for text in logs.values() for secret in _secrets(tmp_path))


async def _character(client: httpx.AsyncClient, slug: str) -> dict[str, Any]:
    answer = await client.get(f"/api/ai-characters/{slug}/")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def _change(client: httpx.AsyncClient, slug: str, changes: dict[str, Any]) -> None:
    assert (await client.patch(f"/api/ai-characters/{slug}/", json=changes)).status_code == 200


async def _documents(client: httpx.AsyncClient) -> dict[str, str]:
    """Name → id."""
    return {each["name"]: each["id"] for each in (await client.get(DOCUMENTS)).json()}


def _secrets(folder: Path) -> set[str]:
    """Every password and key of a stack."""
    made = [path.read_text().split(": ")[-1].strip() for path in (folder / "secrets").iterdir()]
    demo = read_demo(isolated(folder))
    assert demo is not None
    return {*made, demo["password"], demo["api_key"]}


async def test_a_secret_that_a_part_writes_is_hidden_in_its_log(tmp_path: Path) -> None:
    environ = {"CALLBOX_GOOGLE_CLIENT_SECRET": "secret-of-google", "PATH": os.environ["PATH"]}
    async with Stack(isolated(tmp_path), environ=environ, only=["redis"]) as stack:
        password = (tmp_path / "secrets" / "redis").read_text()
        stack.lines("redis", f"AUTH {password} and secret-of-google, {environ['PATH']}")
    assert f"AUTH [hidden] and [hidden], {environ['PATH']}\n" in (tmp_path / "logs" / "redis.log").read_text()


async def test_settings_that_cannot_be_used_end_the_command_with_a_sentence() -> None:
    environ = {**os.environ, "CALLBOX_PROT": "1"}
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "up", cwd=ROOT, env=environ, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        _, said = await command.communicate()
    assert command.returncode == 2
    assert said.decode().strip() == (
        "CALLBOX_PROT is not a setting of Callbox; the nearest is CALLBOX_PORT. Correct or unset it."
    )


async def test_the_doctor_says_what_to_do_when_nothing_runs(tmp_path: Path) -> None:
    environ = {**os.environ, "CALLBOX_DATA_DIR": str(tmp_path)}
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "doctor", cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        said, _ = await command.communicate()
    assert command.returncode == 1
    assert "packages       ok    as locked" in said.decode()
    assert "→ Start it: make run" in said.decode()
