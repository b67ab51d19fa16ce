"""Databases of earlier versions of the sessions service are brought up to date."""

import shutil
from pathlib import Path

import asyncpg
import pytest

from services.kit import database
from services.sessions.adapters.database import SCHEMA

_MIGRATIONS = Path(database.__file__).parents[1] / "sessions" / "migrations"


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A database without any table."""
    return empty_database_url


@pytest.mark.parametrize("has_column", [False, True])
async def test_the_trace_of_a_session_finds_its_column(database_url: str, tmp_path: Path, has_column: bool) -> None:
    first = shutil.copytree(_MIGRATIONS, tmp_path / "first")
    for later in set((first / "versions").glob("*.py")) - {first / "versions" / "0001_sessions.py"}:
        later.unlink()
    await database.migrate(database_url, SCHEMA, first)
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if has_column:  # as 0001 made it for a short time
            await connection.execute(f"alter table {SCHEMA}.sessions add trace_context jsonb not null default '{{}}'")
        await database.migrate(database_url, SCHEMA, _MIGRATIONS)
        columns = await connection.fetch(
            "select column_name from information_schema.columns where table_schema = $1 and table_name = 'sessions'",
            SCHEMA,
        )
        assert "trace_context" in {column["column_name"] for column in columns}
    finally:
        await connection.close(timeout=5)


async def test_calls_of_before_are_in_the_totals_and_have_their_origin(database_url: str, tmp_path: Path) -> None:
    """Contract 9: totals cover the filter, also over calls that ended before totals were kept."""
    earlier = shutil.copytree(_MIGRATIONS, tmp_path / "earlier")
    for later in (earlier / "versions").glob("*.py"):
        if later.name > "0003":
            later.unlink()
    await database.migrate(database_url, SCHEMA, earlier)
    connection = await asyncpg.connect(database_url, timeout=10, server_settings={"search_path": SCHEMA})
    pages = {
        "https://User:pw@Shop.example:443/a?b#c": "https://shop.example",
        "http://shop.example:80": "http://shop.example",
        "http://shop.example:8080/x": "http://shop.example:8080",
        "HTTP://[::1]:3000/": "http://[::1]:3000",
        "https://shop.example?next=https://evil.example:443": "https://shop.example",
        "android-app://com.shop/": "",
        "https://": "",
        "": "",
        "https://" + "é" * 2_000: "https://" + "é" * 292,
    }
    try:
        for number, page in enumerate(pages):
            await connection.execute(
                """
                insert into sessions (session_id, tenant_id, owner_id, character_id, character_slug, character_version,
                    room_name, participant_identity, token_expire_time, slot_held, status, end_reason, tts_characters,
                    stt_audio_seconds, origin_url)
                values ($1, 't', 1, 'c', 'slug', 1, $1, 'p', now(), false, 'ended', 'error', 10, 0.1, $2)
                """,
                f"sess_{number}",
                page,
            )
        await database.migrate(database_url, SCHEMA, _MIGRATIONS)
        rows = await connection.fetch("select origin_url, origin from sessions")
        assert {row["origin_url"]: row["origin"] for row in rows} == pages
        for grain in ("day", "month"):
            row = await connection.fetchrow(
                "select sum(session_count) as n, sum(tts_characters) as tts, sum(stt_audio_micros) as stt from totals "
                "where grain = $1",
                grain,
            )
            assert row is not None
            assert (row["n"], row["tts"], row["stt"]) == (len(pages), 10 * len(pages), 100_000 * len(pages))
    finally:
        await connection.close(timeout=5)
