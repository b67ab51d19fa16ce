"""Does the jobs of the document queue: from a file or web page to stored passages."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pgqueuer.domain.errors import RetryRequested

from services.characters.knowledge import file_types
from services.characters.knowledge.documents import Document, DocumentStore, NewPassage
from services.characters.knowledge.embeddings import EmbeddingClient, EmbeddingUnavailable
from services.characters.knowledge.ingestion.extractor_process import Limits, extract
from services.characters.knowledge.ingestion.page_charset import keep_charset
from services.characters.knowledge.ingestion.readers.reading import Unreadable
from services.characters.knowledge.metrics import documents as documents_metric
from services.characters.knowledge.metrics import reading_seconds
from services.characters.knowledge.spelling import searchable
from services.characters.knowledge.statements import FAILED, PROCESSED
from services.characters.knowledge.text_search import configuration
from services.kit.blobs import Blobs
from services.kit.database import is_outage
from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.kit.net.outbound import Failed, Outbound, OutboundError, TimedOut

_FETCH_SECONDS = 60.0
# A passage of 500 tokens takes 0.1 s of a core, but calls go first.
_EMBED_SECONDS = 30.0
_MAX_WAIT_SECONDS = 300.0
# Statuses of a web server after which a later attempt may succeed.
_TEMPORARY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """attempts: before a document fails. first_wait_seconds: doubles with each attempt, up to five minutes."""

    attempts: int
    first_wait_seconds: float


class _TemporaryFault(Exception):
    """A fault after which a later attempt may succeed. The message is for the document's owner."""


class Reader:
    """Does the jobs of the queue. A job may be done twice: another process repeats it when this one was killed."""

    def __init__(
        self,
        documents: DocumentStore,
        blobs: Blobs,
        embeddings: EmbeddingClient,
        outbound: Outbound,
        limits: Limits,
        retries: RetryPolicy,
    ) -> None:
        self._documents = documents
        self._blobs = blobs
        self._embeddings = embeddings
        self._outbound = outbound
        self._limits = limits
        self._retries = retries

    async def read(self, document_id: str) -> None:
        """Reads a pending document; does nothing when it is gone or done.

        Raises: RetryRequested when it is to be tried again later.
        """
        started = time.perf_counter()
        document = await self._documents.start_attempt(document_id)
        if document is None:
            return
        if document.attempts > self._retries.attempts:
            # Every reader before was killed before it could store a reason.
            await self._fail(document, f"The document could not be read in {self._retries.attempts} attempts.")
            return
        try:
            language = await self._documents.language(document.character_id)
            passages, notes = await self._read_file(document, language)
            if await self._documents.mark_processed(document, passages, configuration(language), notes):
                documents_metric.labels(PROCESSED, _label(document.file_type)).inc()
                reading_seconds.observe(time.perf_counter() - started)
                _log.info("a document was read", document_id=document.id, passages=len(passages))
        except Unreadable as reason:
            await self._fail(document, str(reason))
        except _TemporaryFault as reason:
            if document.attempts >= self._retries.attempts:
                await self._fail(document, str(reason))
            else:
                raise self._later(document, str(reason)) from None
        except (CallboxError, EmbeddingUnavailable) as fault:
            raise await self._outage(document, str(fault)) from None
        except Exception as fault:
            if is_outage(fault):
                raise await self._outage(document, type(fault).__name__) from None
            _log.exception("reading a document failed", document_id=document.id)
            if document.attempts >= self._retries.attempts:
                await self._fail(document, "Reading the document failed on our side; upload it again.")
            else:
                raise self._later(document, type(fault).__name__) from None

    async def _read_file(self, document: Document, language: str) -> tuple[list[NewPassage], list[str]]:
        """The passages of a document, and notes on what was left out."""
        with tempfile.TemporaryDirectory(prefix="callbox-document-") as folder:
            path = Path(folder) / "document"
            file_type = await self._download(document, path)
            found = await extract(path, file_type, self._limits, language)
        words = [searchable(passage.in_context) for passage in found.passages]
        embeddings = await self._embeddings.embed_all(words, _EMBED_SECONDS)
        passages = [
            NewPassage(passage.page, passage.in_context, own, embedding)
            for passage, own, embedding in zip(found.passages, words, embeddings, strict=True)
        ]
        return passages, found.notes

    async def _download(self, document: Document, path: Path) -> str:
        """Writes the file of a document to a path and returns its type. A page is fetched once and then kept."""
        chunks = await self._blobs.stream(document.file_key)
        if chunks is not None:
            with path.open("wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
            return document.file_type
        if not document.url:
            raise Unreadable("The document's file is gone; upload it again.")
        file_type = await self._fetch_page(document.url, path)
        await self._documents.set_file_type(document.id, document.name, file_type)
        await self._blobs.put(document.file_key, path)
        if not await self._documents.exists(document.id):
            # The document was deleted meanwhile, perhaps before its file was there. The cleanup deletes the file.
            await self._documents.add_unused_file(document.file_key)
        return file_type

    async def _fetch_page(self, url: str, path: Path) -> str:
        try:
            with path.open("wb") as file:
                answer = await self._outbound.download(
                    url, file, deadline_seconds=_FETCH_SECONDS, max_bytes=file_types.MAX_FILE_BYTES
                )
        except (TimedOut, Failed) as fault:
            raise _TemporaryFault(str(fault)) from None
        except OutboundError as fault:
            raise Unreadable(str(fault)) from None
        if answer.status in _TEMPORARY_STATUSES:
            raise _TemporaryFault(f"The address answered {answer.status}.")
        if not 200 <= answer.status < 300:
            raise Unreadable(f"The address answered {answer.status}; check that anybody may read it.")
        content_type = answer.headers.get("content-type", "")
        file_type = file_types.type_of_page(content_type, urlsplit(answer.url).path)
        if file_types.FILE_TYPES.get(file_type, file_types.BINARY).is_text:
            await asyncio.to_thread(keep_charset, path, content_type)
        return file_type

    async def _fail(self, document: Document, reason: str) -> None:
        if await self._documents.mark_failed(document, reason):
            documents_metric.labels(FAILED, _label(document.file_type)).inc()
            _log.info("a document cannot be read", document_id=document.id, file_type=_label(document.file_type))

    async def _outage(self, document: Document, fault: str) -> RetryRequested:
        """A part of Callbox is away, so the attempt does not count."""
        _log.warning("a document has to wait", document_id=document.id, fault=fault[:200])
        retry = self._later(document, fault)
        try:
            await self._documents.undo_attempt(document.id)
        except Exception as other:
            if not is_outage(other):
                raise
        return retry

    def _later(self, document: Document, reason: str) -> RetryRequested:
        wait = min(self._retries.first_wait_seconds * 2 ** (document.attempts - 1), _MAX_WAIT_SECONDS)
        return RetryRequested(timedelta(seconds=wait), reason[:200])


def _label(file_type: str) -> str:
    return file_type if file_type in file_types.FILE_TYPES else "other"
