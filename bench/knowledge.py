"""`make bench-kb`: latency and recall of the knowledge base.

Everything runs as on one machine: gateway, characters, PostgreSQL with pgvector, and Triton with the embedding model.
The passages are inserted into the tables directly. Their texts are made up. The vector of a passage is the mean of its
sentences' vectors, each from the real model: this is close to the vector of the whole passage and takes minutes instead
of hours. Questions are asked over HTTP.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import numpy as np
from numpy.typing import NDArray
from pgvector.asyncpg import register_vector
from rich.console import Console
from rich.table import Table

from bench import handbooks
from deploy.local.postgres import DATABASE
from deploy.local.secret import Secrets
from deploy.local.seed import seed
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack, isolated
from measure.machine import machine
from measure.percentiles import Percentiles
from services.characters.knowledge.search import by_meaning
from services.inference.engines.minilm import MiniLm

PARTS = ("postgres", "redis", "livekit", "triton", "accounts", "characters", "sessions", "gateway")
PROFILE = '[embed]\nengine = "minilm"\nthreads = 1\nmax_batch_size = 8\nmax_waiting = 256\n'
# Slug → passages: a large character, for which the goal is set; one of middle size; and small ones, as most are.
LARGE, MIDDLE = ("large-bot", 100_000), ("middle-bot", 30_000)
SMALL_COUNT, SMALL_PASSAGES = 20, 2_000
QUESTIONS, CLIENTS = 300, 8
RECALL_QUESTIONS, RECALL_AT = 200, 5
GOAL_P95_MS, GOAL_RECALL = 100.0, 0.95
_SEED = 20_261
_TIMEOUT_SECONDS = 30.0
_BUILD_SECONDS = 1_800.0
_ROWS_AT_ONCE = 5_000

Vectors = NDArray[np.float32]


@dataclass
class Case:
    """The measurements with one character."""

    character: str
    passages: int
    recall: float
    latency_ms: dict[str, Percentiles] = field(default_factory=dict)


async def main() -> int:
    """Returns exit status 1 when a goal is missed."""
    console = Console(width=120)
    chance = random.Random(_SEED)
    with tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder:
        profile = Path(folder) / "embed.toml"
        profile.write_text(PROFILE)
        settings = isolated(Path(folder) / "data")
        environ = {"CALLBOX_INFERENCE_PROFILE": str(profile)}
        async with Stack(settings, only=PARTS, environ=environ) as stack:
            demo = await seed(settings)
            headers = {"X-API-Key": demo["api_key"]}
            async with httpx.AsyncClient(base_url=stack.base_url, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
                cases, facts = await _measure(settings, client, chance, console)
    _show(console, cases, facts)
    figures = {"machine": machine(), "facts": facts, "cases": [asdict(case) for case in cases]}
    print(json.dumps(figures))
    large = cases[0]
    met = large.recall >= GOAL_RECALL and large.latency_ms["1 client"].p95 <= GOAL_P95_MS
    console.print(f"Goal for {large.passages:,} passages: p95 ≤ {GOAL_P95_MS:g} ms, recall ≥ {GOAL_RECALL}: {met}")
    return 0 if met else 1


async def _measure(
    settings: LocalSettings, client: httpx.AsyncClient, chance: random.Random, console: Console
) -> tuple[list[Case], dict[str, str]]:
    sizes = dict([LARGE, MIDDLE, *((f"small-bot-{number}", SMALL_PASSAGES) for number in range(SMALL_COUNT))])
    ids = {slug: await _character(client, slug) for slug in sizes}
    console.print("embedding the sentences …")
    model = MiniLm()
    known = handbooks.sentences(chance)
    texts = known.all
    vectors = np.concatenate([model.embed(texts[at : at + 256])[0] for at in range(0, len(texts), 256)])
    by_text = dict(zip(texts, vectors, strict=True))
    connection = await _connect(settings)
    try:
        kept, facts = await _fill(connection, ids, sizes, known, by_text, chance, console)
        facts["sentences"] = f"{len(by_text):,}, by the real model"
        cases = []
        for slug in (LARGE[0], MIDDLE[0], "small-bot-0"):
            console.print(f"asking {slug} …")
            asked = handbooks.questions(RECALL_QUESTIONS, chance)
            recall = await _recall(connection, ids[slug], kept[slug], model.embed(asked)[0])
            case = Case(slug, sizes[slug], recall)
            await _asked(client, slug, handbooks.questions(20, chance), 1)
            for name, clients in (("1 client", 1), (f"{CLIENTS} clients", CLIENTS)):
                case.latency_ms[name] = Percentiles.of(
                    await _asked(client, slug, handbooks.questions(QUESTIONS, chance), clients)
                )
            cases.append(case)
        return cases, facts
    finally:
        await connection.close()


async def _fill(
    connection: "asyncpg.Connection[asyncpg.Record]",
    ids: dict[str, str],
    sizes: dict[str, int],
    known: handbooks.Sentences,
    by_text: dict[str, Vectors],
    chance: random.Random,
    console: Console,
) -> tuple[dict[str, Vectors], dict[str, str]]:
    """Inserts the passages and builds the indexes. Returns the vectors of each character, in the order of their ids."""
    console.print(f"storing {sum(sizes.values()):,} passages …")
    began = time.monotonic()
    find = "select indexdef from pg_indexes where schemaname = 'characters' and indexname = $1"
    definitions = [await connection.fetchval(find, name) for name in ("chunks_words", "chunks_embedding")]
    await connection.execute("drop index chunks_embedding; drop index chunks_words")
    kept: dict[str, Vectors] = {}
    for slug, count in sizes.items():
        document = f"doc_{slug}"
        await connection.execute(
            """insert into documents (id, character_id, tenant_id, name, file_type, file_key, status, chunk_count)
            values ($1, $2, 'bench', $1, 'md', $1, 'PROCESSED', $3)""",
            document, ids[slug], count,
        )  # fmt: skip
        rows = list(handbooks.passages(known, count, chance))
        means = np.stack([np.mean([by_text[sentence] for sentence in row], axis=0) for row in rows])
        kept[slug] = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        await connection.execute(
            "create temporary table staged (page int, text text, embedding public.vector) on commit preserve rows"
        )
        for start in range(0, count, _ROWS_AT_ONCE):
            part = zip(rows[start : start + _ROWS_AT_ONCE], kept[slug][start : start + _ROWS_AT_ONCE], strict=True)
            await connection.copy_records_to_table(
                "staged", records=[(start + at, " ".join(row), vector) for at, (row, vector) in enumerate(part)]
            )
        await connection.execute(
            """insert into chunks (document_id, character_id, page, text, words, embedding)
            select $1, $2, 0, text, array_to_tsvector(array[chr(1) || $2]) || to_tsvector('simple', text)
                || to_tsvector('english', text), embedding
            from staged order by page""",
            document, ids[slug], timeout=_BUILD_SECONDS,
        )  # fmt: skip
        await connection.execute("drop table staged")
    stored = time.monotonic()
    console.print("building the indexes …")
    await connection.execute("set maintenance_work_mem = '768MB'")
    await connection.execute(definitions[0], timeout=_BUILD_SECONDS)
    words = time.monotonic()
    await connection.execute(definitions[1], timeout=_BUILD_SECONDS)
    built = time.monotonic()
    await connection.execute("analyze chunks; analyze documents", timeout=_BUILD_SECONDS)
    size = await connection.fetchval("select pg_size_pretty(pg_relation_size('chunks_embedding'))")
    return kept, {
        "passages": f"{sum(sizes.values()):,} of {len(sizes)} characters in one table",
        "vectors": "mean of each passage's sentences' vectors, 384 dimensions",
        "stored in": f"{stored - began:.0f} s",
        "word index": f"{words - stored:.0f} s",
        "HNSW index": f"{built - words:.0f} s, {size}",
    }


async def _recall(
    connection: "asyncpg.Connection[asyncpg.Record]", character_id: str, kept: Vectors, asked: Vectors
) -> float:
    """The share of the exactly nearest passages that the index finds.

    A passage as near as the last of them also counts, because the order of equal passages is arbitrary.
    """
    ids = [
        row["id"]
        for row in await connection.fetch("select id from chunks where character_id = $1 order by id", character_id)
    ]
    place = {identity: at for at, identity in enumerate(ids)}
    shares = []
    for direction in asked:
        likeness = kept @ direction
        bound = np.partition(likeness, -RECALL_AT)[-RECALL_AT] - 1e-6
        found = (await by_meaning(connection, character_id, direction, 50))[:RECALL_AT]  # type: ignore[arg-type]
        shares.append(sum(likeness[place[each]] >= bound for each in found) / RECALL_AT)
    return float(np.mean(shares))


async def _asked(client: httpx.AsyncClient, slug: str, asked: Sequence[str], clients: int) -> list[float]:
    """Milliseconds of each question over HTTP, with `clients` at a time."""
    waiting = list(asked)
    taken: list[float] = []

    async def one_after_the_other() -> None:
        while waiting:
            params: dict[str, Any] = {"q": waiting.pop(), "character_slug": slug, "top_k": 5}
            began = time.perf_counter()
            answer = await client.get("/api/knowledge-base/query/", params=params)
            taken.append((time.perf_counter() - began) * 1000.0)
            if answer.status_code != 200 or answer.headers["x-callbox-search"] != "hybrid" or len(answer.json()) != 5:
                raise RuntimeError(f"unexpected answer: {answer.status_code} {answer.text[:200]}")

    await asyncio.gather(*(one_after_the_other() for _ in range(clients)))
    return taken


async def _character(client: httpx.AsyncClient, slug: str) -> str:
    answer = await client.post("/api/ai-characters/", json={"slug": slug, "name": slug, "language": "en"})
    answer.raise_for_status()
    return str(answer.json()["id"])


async def _connect(settings: LocalSettings) -> "asyncpg.Connection[asyncpg.Record]":
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=settings.postgres_port,
        user="characters",
        password=Secrets(settings.folder).password("postgres-characters"),
        database=DATABASE,
        server_settings={"search_path": "characters, public", "jit": "off"},
    )
    await register_vector(connection, schema="public")
    return connection


def _show(console: Console, cases: Sequence[Case], facts: dict[str, str]) -> None:
    for title, rows in (("Machine", machine()), ("Conditions", facts)):
        table = Table(title=title, title_justify="left", show_header=False)
        for name, value in rows.items():
            table.add_row(name, value)
        console.print(table)
    table = Table(title="Questions over HTTP, milliseconds", title_justify="left")
    for column in (
        "character",
        "passages",
        f"recall at {RECALL_AT}",
        "clients",
        "p50",
        "p95",
        "p99",
        "worst",
        "samples",
    ):
        table.add_column(column, justify="left" if column == "character" else "right")
    for case in cases:
        for name, each in case.latency_ms.items():
            values = [f"{number:.1f}" for number in (each.p50, each.p95, each.p99, each.worst)]
            table.add_row(case.character, f"{case.passages:,}", f"{case.recall:.3f}", name, *values, str(each.count))
    console.print(table)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
