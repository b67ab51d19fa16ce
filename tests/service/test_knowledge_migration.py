"""The tables of the knowledge base on a PostgreSQL whose operator grants as little as there is."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from services import characters
from services.characters.knowledge.database import open_pool
from services.kit import database

MIGRATIONS = Path(characters.__file__).parent / "migrations"


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A database without any table."""
    return empty_database_url


@pytest_asyncio.fixture
async def ordinary_url(database_url: str) -> AsyncIterator[str]:
    """The test's database for a role that may make schemas and nothing else."""
    role, password = f"role_{secrets.token_hex(4)}", secrets.token_hex(8)
    connection = await asyncpg.connect(database_url)
    try:
        name = await connection.fetchval("select current_database()")
        await connection.execute(f"create role {role} login password '{password}'")
        await connection.execute(f'grant connect, create, temporary on database "{name}" to {role}')
        yield database_url.replace("postgres@", f"{role}:{password}@")
        await connection.execute(f"drop owned by {role} cascade; drop role {role}")
    finally:
        await connection.close()


async def test_without_pgvector_it_is_told_what_to_do(ordinary_url: str) -> None:
    with pytest.raises(RuntimeError, match="create extension if not exists vector schema public"):
        await database.migrate(ordinary_url, "characters", MIGRATIONS)


@pytest.mark.parametrize("schema", ["public", "extensions", '"Odd Schema"'])
async def test_pgvector_may_be_in_any_schema(ordinary_url: str, database_url: str, schema: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"create schema if not exists {schema}; grant usage on schema {schema} to public")
        await connection.execute(f"create extension vector schema {schema}")
    finally:
        await connection.close()
    for _ in range(2):
        await database.migrate(ordinary_url, "characters", MIGRATIONS)
    async with await open_pool(ordinary_url, "characters") as pool:
        assert await pool.fetchval("select '[1,0]'::vector <=> '[0,1]'::vector") == 1.0
        assert await pool.fetchval("select count(*) from chunks") == 0
        assert await pool.fetchval("select to_regclass('public.chunks')") is None
