"""Contract 14.1: a disk that is really full is 503 with `Retry-After`, leaves no halves, and heals with room."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import Code
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import until
from tests.http.site import refused

if TYPE_CHECKING:
    from tests.fixtures.postgres import PostgresServer
    from tests.http.site import Site

SIZE_MB = 40
# No compression makes it smaller, and no page that is there already has room for it.
LARGE_TEXT_CHARACTERS = 60_000


@pytest.fixture
def small_disk(postgres_server: PostgresServer) -> Iterator[Path]:
    """A file system of `SIZE_MB`, for PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="callbox-test-disk-"))
    uid, gid = postgres_server.user
    options = f"size={SIZE_MB}m,mode=700" + ("" if uid < 0 else f",uid={uid},gid={gid}")
    command = ["mount", "-t", "tmpfs", "-o", options, "callbox-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        shutil.rmtree(folder)
        pytest.skip("needs the right to mount: run `.venv/bin/python -m pytest tests/http/test_full_disk.py` as root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def database_url(postgres_server: PostgresServer, small_disk: Path) -> AsyncIterator[str]:
    """A new database on the small disk."""
    name = f"small_{secrets.token_hex(6)}"
    administrator = await asyncpg.connect(postgres_server.url(), timeout=10)
    try:
        await administrator.execute(f"create tablespace {name} location '{small_disk}'")
        await administrator.execute(f"create database {name} tablespace {name}", timeout=30)
        yield postgres_server.url(name)
        await administrator.execute(f"drop database {name} with (force)")
        await administrator.execute(f"drop tablespace {name}")
    finally:
        await administrator.close(timeout=5)


@contextlib.asynccontextmanager
async def filled(database_url: str) -> AsyncIterator[None]:
    """Not a page is left inside the block."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await connection.execute("create table filler (content text)")
        # Pages that were never written have no place on the disk yet, and could not be put aside for others to be read.
        await connection.execute("checkpoint")
        for pages in (64, 8, 1):
            with contextlib.suppress(asyncpg.DiskFullError):
                for _ in range(10_000):
                    await connection.execute(
                        "insert into filler select repeat('x', 1900) from generate_series(1, $1)", 4 * pages
                    )
        yield
        await connection.execute("drop table filler")
    finally:
        await connection.close(timeout=5)


@pytest.mark.own_stack("fills the disk of PostgreSQL")
async def test_a_full_disk_is_said_and_leaves_no_halves(site: Site, database_url: str) -> None:
    async with site.house.worker(slots=20) as worker:
        session_id = (await site.start()).json()["session_id"]

        async def is_claimed() -> bool:
            return session_id in worker.claims

        await until(is_claimed)
        stored: list[str] = []
        async with filled(database_url):
            for number in range(5):
                prompt = secrets.token_hex(LARGE_TEXT_CHARACTERS // 2)
                answer = await site.owner.post(
                    "/api/ai-characters/", json={"slug": f"bot-{number}", "name": "Bot", "system_prompt": prompt}
                )
                if answer.status_code == 201:
                    stored.append(f"bot-{number}")
                else:
                    refused(answer, 503, "upstream_unavailable")
            assert len(stored) < 5
            turns = [
                pb.SessionEvent(sequence=n, turn=pb.Turn(turn_index=n, text=secrets.token_hex(30_000)))
                for n in range(1, 11)
            ]
            await refusal(worker.tell(session_id, *turns), Code.UPSTREAM_UNAVAILABLE)
            big = {"data": secrets.token_hex(8_000)}
            starts = [await site.start(metadata=big, system_prompt=prompt) for _ in range(5)]
            for start in starts:
                if start.status_code != 200:
                    refused(start, 503, "upstream_unavailable")
            assert any(start.status_code == 503 for start in starts)
            # What can be read is whole.
            for path in ("/api/ai-characters/", f"/api/billing/sessions/{session_id}/"):
                assert (await site.owner.get(path)).status_code == 200
            shown = (await site.owner.get(f"/api/billing/sessions/{session_id}/")).json()["data"]
            assert (shown["turn_count"], shown["transcript"]) == (0, [])
        slugs = {character["slug"] for character in (await site.owner.get("/api/ai-characters/")).json()}
        assert slugs == {"support-bot", *stored}
        # The worker kept its events and tells them again.
        assert await worker.tell(session_id, *turns) == 10
        shown = (await site.owner.get(f"/api/billing/sessions/{session_id}/")).json()["data"]
        assert shown["turn_count"] == 10
        started = {start.json()["session_id"] for start in starts if start.status_code == 200} | {session_id}

        async def none_half_made() -> bool:
            return {row["session_id"] for row in await site.sessions()} == started

        await until(none_half_made)
        assert (await site.start()).status_code == 200
