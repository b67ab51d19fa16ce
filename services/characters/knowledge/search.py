"""Finds the passages of a character that answer a question: by meaning and by words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from services.characters.knowledge.embeddings import Direction, Embeddings, ModelAway
from services.characters.knowledge.fusion import fused
from services.characters.knowledge.languages import configuration
from services.characters.knowledge.metrics import searches
from services.kit.database import Pool
from services.kit.logs import get_logger
from services.kit.rpc import context

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

# Passages of each order that are fused.
_CANDIDATES = 50
# Up to this many passages of a character are compared one by one: exact, and quicker than a walk through the index of
# every character's passages, most of which would be thrown away.
_EXACT_UP_TO = 20_000
_EF_SEARCH = 400
# Words of a question that are looked for, and passages of each; a word that more of them have says little.
_WORDS = 24
_PASSAGES_A_WORD = 500
# A question that is not understood by then is answered by words alone.
_MODEL_SECONDS = 1.0
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage. page: of a PDF, from 1; 0 for none. score: 0 to 1, see fusion."""

    text: str
    source: str
    page: int
    score: float
    document_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Passages, best first. by_meaning: False when the sentence model was away and words alone decided."""

    passages: list[Found]
    by_meaning: bool


class Search:
    """Questions to the passages of one character each."""

    def __init__(self, pool: Pool, embeddings: Embeddings) -> None:
        self._pool = pool
        self._embeddings = embeddings

    async def find(self, character_id: str, language: str, question: str, limit: int) -> Answer:
        """The best passages, at most `limit`; by words alone when the sentence model is away."""
        direction: Direction | None = None
        try:
            direction = await self._embeddings.one(question, context.remaining_seconds(_MODEL_SECONDS))
        except ModelAway as fault:
            _log.warning("a question is answered by words alone", fault=str(fault))
        searches.labels("words" if direction is None else "hybrid").inc()
        async with self._pool.acquire() as connection:
            by_words = await _by_words(connection, character_id, configuration(language), question)
            orders = [by_words]
            if direction is not None:
                orders.insert(0, await by_meaning(connection, character_id, direction, _CANDIDATES))
            best = fused(orders, limit)
            rows = await connection.fetch(
                """select c.id, c.text, c.page, d.name, d.id as document_id
                from chunks c join documents d on d.id = c.document_id where c.id = any($1::bigint[])""",
                [chunk for chunk, _ in best],
            )
        by_id = {row["id"]: row for row in rows}
        passages = [
            Found(row["text"], row["name"], row["page"], score, row["document_id"])
            for chunk, score in best
            if (row := by_id.get(chunk)) is not None
        ]
        return Answer(passages, direction is not None)


async def by_meaning(
    connection: "PoolConnectionProxy[asyncpg.Record]",
    character_id: str,
    direction: Direction,
    limit: int,
    *,
    exact_up_to: int = _EXACT_UP_TO,
) -> list[int]:
    """Identities of the passages nearest to a direction, nearest first."""
    count = await connection.fetchval(
        "select coalesce(sum(chunk_count), 0) from documents where character_id = $1", character_id
    )
    if count <= exact_up_to:
        rows = await connection.fetch(
            # An order that the index of vectors has not, so that the index of characters is taken.
            "select id from chunks where character_id = $1 order by (embedding <=> $2) + 0 limit $3",
            character_id,
            direction,
            limit,
        )
    else:
        async with connection.transaction(readonly=True):
            # The scan goes on behind the filter until it has enough, so that other characters' passages cost time but
            # not recall.
            await connection.execute(
                f"set local hnsw.ef_search = {_EF_SEARCH}; set local hnsw.iterative_scan = strict_order"
            )
            rows = await connection.fetch(
                "select id from chunks where character_id = $1 order by embedding <=> $2 limit $3",
                character_id,
                direction,
                limit,
            )
    return [row["id"] for row in rows]


async def _by_words(
    connection: "PoolConnectionProxy[asyncpg.Record]", character_id: str, language: str, question: str
) -> list[int]:
    """Identities of the passages that have the question's words, those with rare ones first.

    Among equals those come first that have what the question asks for as a web search would: all words, phrases in
    quotes, none with a minus.
    """
    rows = await connection.fetch(
        """with asked as (
            select word from unnest(tsvector_to_array(to_tsvector($2::text::regconfig, $3))) word limit $4
        ), hits as (
            select word, hit.id from asked cross join lateral (
                select c.id from chunks c
                where c.words @@ (quote_literal(chr(1) || $1)::tsquery && plainto_tsquery('simple', word)) limit $5
            ) hit
        ), weights as (
            select word, ln(1 + $5::float8 / count(*)) as weight from hits group by word
        ), scored as (
            select id, sum(weight) as score from hits join weights using (word) group by id
            order by score desc limit $6 * 2
        )
        select id from scored join chunks using (id)
        order by score desc, words @@ websearch_to_tsquery($2::text::regconfig, $3) desc,
            ts_rank_cd(words, websearch_to_tsquery($2::text::regconfig, $3), 1) desc, id
        limit $6""",
        character_id,
        language,
        question,
        _WORDS,
        _PASSAGES_A_WORD,
        _CANDIDATES,
    )
    return [row["id"] for row in rows]
