"""Migrations: what a schema at the newest revision costs, and processes that start together."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from services.accounts import app
from services.kit import database, schema_upgrade

_MIGRATIONS = Path(app.__file__).parent / "migrations"
_SERVICES = Path(app.__file__).parents[1]


async def test_a_schema_at_the_newest_revision_is_left_alone(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.migrate(empty_database_url, app.SCHEMA, _MIGRATIONS)

    async def no_upgrade(*_: object, **__: object) -> None:
        raise AssertionError("Alembic was started for a schema that needs nothing")

    monkeypatch.setattr(schema_upgrade, "upgrade", no_upgrade)
    await database.migrate(empty_database_url, app.SCHEMA, _MIGRATIONS)


async def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    await asyncio.gather(*(database.migrate(empty_database_url, app.SCHEMA, _MIGRATIONS) for _ in range(3)))
    connection = await asyncpg.connect(empty_database_url, timeout=10)
    try:
        assert await connection.fetchval(f"select count(*) from {app.SCHEMA}.schema_version") == 1
    finally:
        await connection.close(timeout=5)


@pytest.mark.parametrize("migrations", sorted(_SERVICES.glob("*/migrations")), ids=lambda folder: folder.parent.name)
def test_the_newest_revisions_are_those_that_alembic_finds(migrations: Path) -> None:
    scripts = tuple(path.name for path in (migrations / "versions").glob("*.py"))
    found = database.newest_revisions(migrations, scripts)
    assert found == set(ScriptDirectory(str(migrations)).get_heads())
    assert len(found) == 1


def test_a_service_imports_no_alembic_before_it_needs_it() -> None:
    code = "import sys, services.accounts.app; sys.exit('alembic' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=_SERVICES.parent, timeout=30, check=False).returncode == 0
