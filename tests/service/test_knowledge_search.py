"""One character among many: the index loses nothing that the filter lets pass. Contract 14.8: scoped to one."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from services import characters
from services.characters.knowledge.database import open_pool
from services.characters.knowledge.search import by_meaning
from services.kit import database
from services.kit.database import Pool

CHARACTERS, PASSAGES, WANTED = 40, 100, 50

Vectors = NDArray[np.float32]


def clustered(count: int, chance: np.random.Generator) -> Vectors:
    """Directions as texts have them: around a few topics that all characters share."""
    topics = chance.standard_normal((12, 384))
    made = topics[chance.integers(0, 12, count)] + 0.7 * chance.standard_normal((count, 384))
    normal: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return normal


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clustered(CHARACTERS * PASSAGES, np.random.default_rng(7))


@pytest_asyncio.fixture
async def pool(database_url: str, vectors: Vectors) -> AsyncIterator[Pool]:
    """A table in which every character has passages, one after the other in turn."""
    await database.migrate(database_url, "characters", Path(characters.__file__).parent / "migrations")
    async with await open_pool(database_url, "characters") as pool:
        for number in range(CHARACTERS):
            await pool.execute(
                """insert into characters (id, slug, tenant_id, created_by, version) values ($1, $1, 't', 1, 1)""",
                f"chr_{number}",
            )
            await pool.execute(
                """insert into documents (id, character_id, tenant_id, name, file_type, file_key, status, chunk_count)
                values ($1, $2, 't', 'n', 'md', $1, 'PROCESSED', $3)""",
                f"doc_{number}", f"chr_{number}", PASSAGES,
            )  # fmt: skip
        await pool.executemany(
            """insert into chunks (document_id, character_id, text, words, embedding)
            values ($1, $2, '', array_to_tsvector(array[chr(1) || $2]), $3)""",
            [(f"doc_{at % CHARACTERS}", f"chr_{at % CHARACTERS}", vector) for at, vector in enumerate(vectors)],
            timeout=50,
        )
        await pool.execute("analyze chunks")
        yield pool


async def nearest(pool: Pool, vectors: Vectors, number: int, direction: Vectors) -> list[int]:
    """Identities of a character's nearest passages by comparing each."""
    own = np.arange(number, len(vectors), CHARACTERS)
    first = await pool.fetchval("select min(id) from chunks")
    order = np.argsort(-(vectors[own] @ direction))
    return [int(first + own[at]) for at in order[:WANTED]]


async def test_a_character_finds_its_own_and_all_of_them(pool: Pool, vectors: Vectors) -> None:
    """By the index, which may miss a few, and by comparing one by one, which misses none."""
    asked = clustered(20, np.random.default_rng(8))
    found = wanted = 0
    async with pool.acquire() as connection:
        for at, direction in enumerate(asked):
            expected = await nearest(pool, vectors, at, direction)
            ids = await by_meaning(connection, f"chr_{at}", direction, WANTED, exact_up_to=0)
            assert len(ids) == WANTED, "the filter took what the index had found"
            found += len(set(ids[:5]) & set(expected[:5]))
            wanted += 5
            assert await by_meaning(connection, f"chr_{at}", direction, WANTED, exact_up_to=1_000_000) == expected
    assert found / wanted >= 0.95


async def test_no_query_reads_the_whole_table(pool: Pool) -> None:
    """Of the plans with the settings that a search has."""
    direction = clustered(1, np.random.default_rng(9))[0]
    async with pool.acquire() as connection, connection.transaction():
        for statement, arguments in (
            (
                "select id from chunks where character_id = $1 order by (embedding <=> $2) + 0 limit 5",
                ["chr_1", direction],
            ),
            (
                "select id from chunks where words @@ (quote_literal(chr(1) || $1)::tsquery && "
                "plainto_tsquery('simple', 'word')) limit 500",
                ["chr_1"],
            ),
            ("select id from documents where character_id = $1 and seq < 9 order by seq desc limit 5", ["chr_1"]),
            ("select number from document_events where number > $1 order by number limit 5", [1]),
        ):
            rows = await connection.fetch(f"explain {statement}", *arguments)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan on chunks" not in plan, plan
        await connection.execute("set local enable_sort = off")
        rows = await connection.fetch("explain select id from chunks order by embedding <=> $1 limit 5", direction)
        assert "chunks_embedding" in "\n".join(row[0] for row in rows)
