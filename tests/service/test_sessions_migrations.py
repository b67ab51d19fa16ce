"""Databases of earlier versions of the sessions service are brought up to date."""

import shutil
from pathlib import Path

import asyncpg
import pytest

from services.kit import database
from services.sessions.store import SCHEMA

_MIGRATIONS = Path(database.__file__).parents[1] / "sessions" / "migrations"


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
