"""Documents, their passages and their events in PostgreSQL, and the jobs of reading them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries

from services.characters.knowledge import statements
from services.characters.knowledge.statements import FAILED, PROCESSED
from services.kit.database import Pool
from services.kit.ids import new_id

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

ID_PREFIX = "doc"
# Name of the jobs in the queue. Waiting jobs have it, so it cannot change.
JOB = "read_document"
# For statements that touch all passages of a document.
_STORE_SECONDS = 60.0
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Document:
    """A document. url: where a page is fetched from; empty for an uploaded file.

    replaces: whether it replaces older documents of the same name once it is read. notes: what was left out of it.
    """

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
    notes: list[str]
    replaces: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to be stored. page: from 1, 0 for none. embedding: float32 [384] of length 1.

    words: its text as it is searched, spelled like questions.
    """

    page: int
    text: str
    words: str
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """A document was read, or could not be read."""

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
    notes: list[str]
    document_created_at: datetime
    created_at: datetime


def new_document_id() -> str:
    """A new identity for a document."""
    return new_id(ID_PREFIX)


class DocumentStore:
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
        replaces: bool = False,
    ) -> Document | None:
        """Adds a document and the job of reading it in one transaction; None when the character is gone.

        replaces: whether it replaces older documents of the same name once it is read.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                statements.INSERT_DOCUMENT,
                document_id,
                character_id,
                tenant_id,
                name,
                file_type,
                file_key,
                url,
                replaces,
            )
            if row is None:
                return None
            await connection.execute(statements.DELETE_UNUSED_FILE, file_key)
            await _enqueue(connection, document_id)
            return _document(row)

    async def page(self, character_id: str, below: int, limit: int) -> list[Document]:
        """A character's documents with `seq` below a bound, newest first."""
        rows = await self._pool.fetch(statements.LIST_DOCUMENTS, character_id, below, limit)
        return [_document(row) for row in rows]

    async def newest(self, character_ids: Sequence[str], limit: int) -> dict[str, list[Document]]:
        """The newest documents by character, newest first."""
        rows = await self._pool.fetch(statements.LIST_NEWEST_DOCUMENTS, character_ids, limit)
        found: dict[str, list[Document]] = {}
        for row in rows:
            found.setdefault(row["character_id"], []).append(_document(row))
        return found

    async def delete(self, character_id: str, document_id: str) -> str | None:
        """Deletes a document with its passages. Returns the key of its file, which is then an unused file.

        None when there is no such document.
        """
        key: str | None = await self._pool.fetchval(
            statements.DELETE_DOCUMENT, document_id, character_id, timeout=_STORE_SECONDS
        )
        return key

    async def start_attempt(self, document_id: str) -> Document | None:
        """Counts an attempt to read a pending document; None when it is gone or done."""
        row = await self._pool.fetchrow(statements.START_ATTEMPT, document_id)
        return None if row is None else _document(row)

    async def undo_attempt(self, document_id: str) -> None:
        """Takes back an attempt that failed through no fault of the document."""
        await self._pool.execute(statements.UNDO_ATTEMPT, document_id)

    async def language(self, character_id: str) -> str:
        """The language of a character, a BCP-47 tag; empty when the character is gone."""
        language: str | None = await self._pool.fetchval(statements.READ_LANGUAGE, character_id)
        return language or ""

    async def exists(self, document_id: str) -> bool:
        """Whether there is such a document."""
        return bool(await self._pool.fetchval(statements.DOCUMENT_EXISTS, document_id))

    async def set_file_type(self, document_id: str, name: str, file_type: str) -> None:
        """Stores the type of the file that was fetched for a page."""
        await self._pool.execute(statements.SET_FILE_TYPE, document_id, name, file_type)

    async def mark_processed(
        self, document: Document, passages: Sequence[NewPassage], language: str, notes: Sequence[str] = ()
    ) -> bool:
        """Stores the passages of a pending document, from when on searches find it; False when it is gone or done.

        language: PostgreSQL's name of the language of its words. notes: what was left out of it. If the document
        replaces older ones, they are deleted. One transaction, so it may be repeated.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _lock_pending(connection, document.id):
                return False
            await connection.executemany(
                statements.INSERT_PASSAGE,
                [
                    (
                        document.id,
                        document.character_id,
                        passage.page,
                        passage.text,
                        language,
                        passage.embedding,
                        passage.words,
                    )
                    for passage in passages
                ],
                timeout=_STORE_SECONDS,
            )
            if document.replaces:
                await connection.execute(
                    statements.DELETE_REPLACED, document.character_id, document.name, document.seq,
                    timeout=_STORE_SECONDS,
                )  # fmt: skip
            await _finish(connection, document.id, PROCESSED, len(passages), "", notes)
            return True

    async def mark_failed(self, document: Document, error: str) -> bool:
        """Stores why a pending document cannot be read; False when it is gone or done."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _lock_pending(connection, document.id):
                return False
            await _finish(connection, document.id, FAILED, 0, error)
            return True

    async def events(self, after: int, limit: int) -> list[DocumentEvent]:
        """Events with a number above a bound, oldest first."""
        rows = await self._pool.fetch(statements.LIST_EVENTS, after, limit)
        return [DocumentEvent(**dict(row)) for row in rows]

    async def add_unused_file(self, key: str) -> None:
        """Notes a file that has no document, or none yet. The cleanup deletes it unless a document takes it."""
        await self._pool.execute(statements.INSERT_UNUSED_FILE, key)

    async def unused_files(self, grace_seconds: float, limit: int) -> list[str]:
        """Keys of files that have had no document for longer than the grace, the oldest first."""
        rows = await self._pool.fetch(statements.LIST_UNUSED_FILES, grace_seconds, limit)
        return [row["file_key"] for row in rows]

    async def remove_unused_file(self, key: str) -> None:
        """Removes the note of a file that is deleted."""
        await self._pool.execute(statements.DELETE_UNUSED_FILE, key)

    async def requeue(self, pending_seconds: float) -> int:
        """Makes new jobs for documents that are pending for so long and have none; returns how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(statements.LOCK_DOCUMENTS_WITHOUT_JOB, pending_seconds)
            for row in rows:
                await _enqueue(connection, row["id"])
            return len(rows)

    async def delete_old(self, event_days: float, grace_seconds: float) -> None:
        """Deletes old events, the queue's old log, and documents of characters deleted longer ago than the grace."""
        for statement in (
            statements.DELETE_OLD_EVENTS,
            statements.DELETE_OLD_QUEUE_LOG,
            statements.DELETE_OLD_QUEUE_STATISTICS,
        ):
            await self._pool.execute(statement, event_days * _DAY_SECONDS)
        await self._pool.execute(
            statements.DELETE_DOCUMENTS_OF_DELETED_CHARACTERS, grace_seconds, timeout=_STORE_SECONDS
        )


async def _enqueue(connection: "Connection", document_id: str) -> None:
    queries = Queries(AsyncpgDriver(connection))  # type: ignore[arg-type]  # a pool's proxy is as good
    await queries.enqueue(JOB, document_id.encode())


async def _lock_pending(connection: "Connection", document_id: str) -> bool:
    return await connection.fetchval(statements.LOCK_PENDING, document_id) is not None


async def _finish(
    connection: "Connection", document_id: str, status: str, chunk_count: int, error: str, notes: Sequence[str] = ()
) -> None:
    await connection.execute(statements.SET_STATUS, document_id, status, chunk_count, error, list(notes))
    await connection.execute(statements.LOCK_EVENTS)
    await connection.execute(statements.INSERT_EVENT, document_id)


def _document(row: asyncpg.Record) -> Document:
    return Document(**dict(row))
