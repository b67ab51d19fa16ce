"""Finds the passages of a character that answer a question: by meaning and by words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from services.characters.knowledge import statements
from services.characters.knowledge.embeddings import Embedding, EmbeddingClient, EmbeddingUnavailable
from services.characters.knowledge.metrics import searches
from services.characters.knowledge.rank_fusion import fuse
from services.characters.knowledge.spelling import searchable
from services.characters.knowledge.text_search import configuration
from services.kit.database import Pool
from services.kit.logs import get_logger
from services.kit.rpc import context

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

# Passages of each ranking that are fused.
_CANDIDATES = 50
# Up to this many passages of a character are compared one by one. That is exact, and faster than the index of all
# characters' passages, most of which the filter would drop.
_EXACT_UP_TO = 20_000
# Words of a question that are searched for, and passages of each word. A word that more passages have says little.
_WORDS = 24
_PASSAGES_A_WORD = 500
# A question that has no embedding by then is answered by words alone.
_MODEL_SECONDS = 1.0
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage. page: of a PDF, from 1; 0 for none. score: 0 to 1, see `rank_fusion`."""

    text: str
    source: str
    page: int
    score: float
    document_id: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """passages: best first. by_meaning: False when the embedding model was away and words alone decided."""

    passages: list[FoundPassage]
    by_meaning: bool


class Search:
    """Answers questions from the passages of one character."""

    def __init__(self, pool: Pool, embeddings: EmbeddingClient) -> None:
        self._pool = pool
        self._embeddings = embeddings

    async def find(self, character_id: str, language: str, question: str, limit: int) -> SearchResult:
        """The best passages, at most `limit`; by words alone when the embedding model is away."""
        question = searchable(question)
        embedding: Embedding | None = None
        try:
            embedding = await self._embeddings.embed(question, context.remaining_seconds(_MODEL_SECONDS))
        except EmbeddingUnavailable as fault:
            _log.warning("a question is answered by words alone", fault=str(fault))
        searches.labels("words" if embedding is None else "hybrid").inc()
        async with self._pool.acquire() as connection:
            rankings = [await by_words(connection, character_id, configuration(language), question)]
            if embedding is not None:
                rankings.insert(0, await by_meaning(connection, character_id, embedding, _CANDIDATES))
            best = fuse(rankings, limit)
            rows = await connection.fetch(statements.READ_PASSAGES, [passage_id for passage_id, _ in best])
        by_id = {row["id"]: row for row in rows}
        passages = [
            FoundPassage(row["text"], row["name"], row["page"], score, row["document_id"])
            for passage_id, score in best
            if (row := by_id.get(passage_id)) is not None
        ]
        return SearchResult(passages, embedding is not None)


async def by_meaning(
    connection: "PoolConnectionProxy[asyncpg.Record]",
    character_id: str,
    embedding: Embedding,
    limit: int,
    *,
    exact_up_to: int = _EXACT_UP_TO,
) -> list[int]:
    """Identities of the passages nearest to an embedding, nearest first."""
    count = await connection.fetchval(statements.COUNT_PASSAGES, character_id)
    if count <= exact_up_to:
        rows = await connection.fetch(statements.FIND_NEAREST_EXACTLY, character_id, embedding, limit)
    else:
        async with connection.transaction(readonly=True):
            await connection.execute(statements.SET_INDEX_SCAN)
            rows = await connection.fetch(statements.FIND_NEAREST_BY_INDEX, character_id, embedding, limit)
    return [row["id"] for row in rows]


async def by_words(
    connection: "PoolConnectionProxy[asyncpg.Record]", character_id: str, language: str, question: str
) -> list[int]:
    """Identities of the passages that have words of the question, those with rare words first."""
    rows = await connection.fetch(
        statements.FIND_BY_WORDS, character_id, language, question, _WORDS, _PASSAGES_A_WORD, _CANDIDATES
    )
    return [row["id"] for row in rows]
