"""Documents in PostgreSQL."""

# ruff: noqa: S608 - what is put into statements are the column lists below

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries

from services.kit.database import Pool
from services.kit.ids import new_id

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

ID_PREFIX = "doc"
JOB = "read_document"
PENDING, PROCESSED, FAILED = "PENDING", "PROCESSED", "FAILED"
_COLUMNS = (
    "seq, id, character_id, tenant_id, name, file_type, file_key, url, status, attempts, chunk_count, error, created_at"
)
_EVENTS = "number, tenant_id, character_slug, document_id, name, file_type, file_key, status, chunk_count, error"
# Events are read one after the other by number, so they must be committed in that order too.
_EVENT_LOCK = "select pg_advisory_xact_lock(hashtext('callbox-document-events'))"
_STORE_SECONDS = 60.0
# Tables of what has happened → when.
_AGING = (("document_events", "created_at"), ("pgqueuer_log", "created"), ("pgqueuer_statistics", "created"))


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands in its row. url: where a page was taken from; empty for a file."""

    seq: int
    id: str
    character_id: str
    tenant_id: str
    name: str
    file_type: str
    file_key: str
    url: str
    status: str
    attempts: int
    chunk_count: int
    error: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage to be kept. page: from 1, 0 for none. embedding: float32 [384] of length 1."""

    page: int
    text: str
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Event:
    """A document that was read or failed."""

    number: int
    tenant_id: str
    character_slug: str
    document_id: str
    name: str
    file_type: str
    file_key: str
    status: str
    chunk_count: int
    error: str
    document_created_at: datetime
    created_at: datetime


def new_document_id() -> str:
    """An identity that no document has."""
    return new_id(ID_PREFIX)


class Documents:
    """Reads and writes documents, their passages and their events."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(
        self,
        document_id: str,
        character_id: str,
        tenant_id: str,
        *,
        name: str,
        file_type: str,
        file_key: str,
        url: str = "",
    ) -> Document | None:
        """Makes a document and the job of reading it, both or neither; None when the character is gone."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                f"""insert into documents (id, character_id, tenant_id, name, file_type, file_key, url)
                select $1, c.id, $3, $4, $5, $6, $7 from characters c where c.id = $2 and c.deleted_at is null
                returning {_COLUMNS}""",
                document_id,
                character_id,
                tenant_id,
                name,
                file_type,
                file_key,
                url,
            )
            if row is None:
                return None
            await connection.execute("delete from discarded_files where file_key = $1", file_key)
            await _enqueue(connection, document_id)
            return _document(row)

    async def announce_file(self, key: str) -> None:
        """Notes a file that has no document, or none yet, so that it is swept away if none is made of it."""
        await self._pool.execute("insert into discarded_files (file_key) values ($1) on conflict do nothing", key)

    async def page(self, character_id: str, below: int, limit: int) -> list[Document]:
        """Documents of a character, newest first, with `seq` below a bound."""
        rows = await self._pool.fetch(
            f"select {_COLUMNS} from documents where character_id = $1 and seq < $2 order by seq desc limit $3",
            character_id,
            below,
            limit,
        )
        return [_document(row) for row in rows]

    async def newest(self, character_ids: Sequence[str], limit: int) -> dict[str, list[Document]]:
        """The newest documents of each of some characters, newest first."""
        rows = await self._pool.fetch(
            f"""select d.* from unnest($1::text[]) as c (id) cross join lateral (
                select {_COLUMNS} from documents where character_id = c.id order by seq desc limit $2
            ) d order by d.seq desc""",
            character_ids,
            limit,
        )
        found: dict[str, list[Document]] = {}
        for row in rows:
            found.setdefault(row["character_id"], []).append(_document(row))
        return found

    async def delete(self, character_id: str, document_id: str) -> str | None:
        """Deletes a document with its passages; its file's key, which is noted as discarded, None when it was gone."""
        key: str | None = await self._pool.fetchval(
            "delete from documents where id = $1 and character_id = $2 returning file_key", document_id, character_id,
            timeout=_STORE_SECONDS,
        )  # fmt: skip
        return key

    async def begin(self, document_id: str) -> Document | None:
        """Counts an attempt to read a document that waits; None when it is gone or done."""
        row = await self._pool.fetchrow(
            f"""update documents set attempts = attempts + 1 where id = $1 and status = '{PENDING}'
            returning {_COLUMNS}""",
            document_id,
        )
        return None if row is None else _document(row)

    async def uncount(self, document_id: str) -> None:
        """Takes an attempt back that came to nothing through no fault of the document."""
        await self._pool.execute("update documents set attempts = attempts - 1 where id = $1", document_id)

    async def language(self, character_id: str) -> str:
        """The language of a character, as its definition has it."""
        language: str | None = await self._pool.fetchval(
            """select v.definition->>'language' from characters c
            join versions v on v.character_id = c.id and v.version = c.version where c.id = $1""",
            character_id,
        )
        return language or ""

    async def is_there(self, document_id: str) -> bool:
        """Whether a document was not deleted yet."""
        return bool(await self._pool.fetchval("select exists (select from documents where id = $1)", document_id))

    async def fetched(self, document_id: str, name: str, file_type: str) -> None:
        """Notes what the file of a page turned out to be."""
        await self._pool.execute(
            "update documents set name = $2, file_type = $3 where id = $1", document_id, name, file_type
        )

    async def processed(self, document: Document, passages: Sequence[Stored], language: str) -> bool:
        """Keeps the passages of a document and says that it can be found; False when it is gone or done.

        language: PostgreSQL's name of the words' language. All or nothing, however often it is tried.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _lock(connection, document.id):
                return False
            await connection.executemany(
                """insert into chunks (document_id, character_id, page, text, words, embedding)
                values ($1, $2, $3, $4,
                    array_to_tsvector(array[chr(1) || $2]) || to_tsvector('simple', $4)
                        || to_tsvector($5::text::regconfig, $4),
                    $6)""",
                [
                    (document.id, document.character_id, each.page, each.text, language, each.embedding)
                    for each in passages
                ],
                timeout=_STORE_SECONDS,
            )
            await _finish(connection, document.id, PROCESSED, len(passages), "")
            return True

    async def failed(self, document: Document, error: str) -> bool:
        """Says why a document cannot be read; False when it is gone or done."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _lock(connection, document.id):
                return False
            await _finish(connection, document.id, FAILED, 0, error)
            return True

    async def events(self, after: int, limit: int) -> list[Event]:
        """Events with a number above a bound, oldest first."""
        rows = await self._pool.fetch(
            f"""select {_EVENTS}, document_created_at, created_at from document_events
            where number > $1 order by number limit $2""",
            after,
            limit,
        )
        return [Event(**dict(row)) for row in rows]

    async def discarded(self, grace_seconds: float, limit: int) -> list[str]:
        """Keys of files that no document has, for longer than the grace, the longest known first."""
        rows = await self._pool.fetch(
            """select file_key from discarded_files where discarded_at < now() - make_interval(secs => $1)
            order by discarded_at limit $2""",
            grace_seconds,
            limit,
        )
        return [row["file_key"] for row in rows]

    async def forget_file(self, key: str) -> None:
        """Notes that a discarded file is gone."""
        await self._pool.execute("delete from discarded_files where file_key = $1", key)

    async def requeue(self, silent_seconds: float) -> int:
        """Makes jobs for documents that wait and have lost theirs; how many they were."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                f"""select id from documents d where status = '{PENDING}'
                and created_at < now() - make_interval(secs => $1)
                and not exists (select 1 from pgqueuer q where q.payload = convert_to(d.id, 'UTF8'))
                for update skip locked""",
                silent_seconds,
            )
            for row in rows:
                await _enqueue(connection, row["id"])
            return len(rows)

    async def sweep(self, event_days: float, grace_seconds: float) -> None:
        """Deletes old events, the queue's old log, and documents of characters gone for longer than the grace."""
        for table, at in _AGING:
            await self._pool.execute(
                f"delete from {table} where {at} < now() - make_interval(secs => $1)", event_days * 86_400
            )
        await self._pool.execute(
            """delete from documents where character_id = any(array(
                select id from characters where deleted_at < now() - make_interval(secs => $1)))""",
            grace_seconds,
            timeout=_STORE_SECONDS,
        )


async def _enqueue(connection: "Connection", document_id: str) -> None:
    queries = Queries(AsyncpgDriver(connection))  # type: ignore[arg-type]  # a pool's proxy is as good
    await queries.enqueue(JOB, document_id.encode())


async def _lock(connection: "Connection", document_id: str) -> bool:
    locked = await connection.fetchval(
        f"select id from documents where id = $1 and status = '{PENDING}' for update", document_id
    )
    return locked is not None


async def _finish(connection: "Connection", document_id: str, status: str, chunk_count: int, error: str) -> None:
    await connection.execute(
        "update documents set status = $2, chunk_count = $3, error = $4 where id = $1",
        document_id,
        status,
        chunk_count,
        error,
    )
    await connection.execute(_EVENT_LOCK)
    await connection.execute(
        """insert into document_events (tenant_id, character_slug, document_id, name, file_type, file_key, status,
            chunk_count, error, document_created_at)
        select d.tenant_id, c.slug, d.id, d.name, d.file_type, d.file_key, d.status, d.chunk_count, d.error,
            d.created_at
        from documents d join characters c on c.id = d.character_id where d.id = $1""",
        document_id,
    )


def _document(row: asyncpg.Record) -> Document:
    return Document(**dict(row))
