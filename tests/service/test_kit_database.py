"""Migrations: what a schema at the newest revision costs, and processes that start together."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from services.accounts import app
from services.kit import database

_MIGRATIONS = Path(app.__file__).parent / "migrations"


async def test_a_schema_at_the_newest_revision_is_left_alone(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.migrate(empty_database_url, app.SCHEMA, _MIGRATIONS)

    def no_engine(*_: object, **__: object) -> None:
        raise AssertionError("SQLAlchemy was started for a schema that needs nothing")

    monkeypatch.setattr(database, "create_async_engine", no_engine)
    await database.migrate(empty_database_url, app.SCHEMA, _MIGRATIONS)


async def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    await asyncio.gather(*(database.migrate(empty_database_url, app.SCHEMA, _MIGRATIONS) for _ in range(3)))
    connection = await asyncpg.connect(empty_database_url, timeout=10)
    try:
        assert await connection.fetchval(f"select count(*) from {app.SCHEMA}.schema_version") == 1
    finally:
        await connection.close(timeout=5)
