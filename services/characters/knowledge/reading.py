"""Reads one document from its file to its passages."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pgqueuer.domain.errors import RetryRequested

from services.characters.knowledge import kinds
from services.characters.knowledge.documents import FAILED, PROCESSED, Document, Documents, Stored
from services.characters.knowledge.embeddings import Embeddings, ModelAway
from services.characters.knowledge.extraction import Limits, extract
from services.characters.knowledge.extractor import Unreadable
from services.characters.knowledge.languages import configuration
from services.characters.knowledge.metrics import documents as documents_metric
from services.characters.knowledge.metrics import reading_seconds
from services.kit.blobs import Blobs
from services.kit.database import is_outage
from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.kit.net.outbound import Failed, Outbound, OutboundError, TimedOut

_FETCH_SECONDS = 60.0
# A text of 500 tokens takes 0.1 s of a core; this long it may wait behind calls.
_EMBED_SECONDS = 30.0
_MAX_WAIT_SECONDS = 300.0
# A document that is older than this has a job in the queue, or has lost it in an outage.
_LOST_SECONDS = 60.0
# Statuses of a web server that may be others in a moment.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """attempts: before a document fails. first_wait_seconds: doubles with each attempt, up to five minutes."""

    attempts: int
    first_wait_seconds: float


class _Passing(Exception):
    """A fault that may be gone at the next attempt; the message is for the document's owner."""


class Reader:
    """Does the jobs of the queue. Each may be done twice, by another process after this one was killed."""

    def __init__(
        self,
        documents: Documents,
        blobs: Blobs,
        embeddings: Embeddings,
        outbound: Outbound,
        limits: Limits,
        patience: Patience,
    ) -> None:
        self._documents = documents
        self._blobs = blobs
        self._embeddings = embeddings
        self._outbound = outbound
        self._limits = limits
        self._patience = patience

    async def read(self, document_id: str) -> None:
        """Reads a document that waits; nothing happens when it is gone or done.

        Raises: RetryRequested when it is to be tried again later.
        """
        started = time.perf_counter()
        document = await self._documents.begin(document_id)
        if document is None:
            return
        if document.attempts > self._patience.attempts:
            # Whoever read it did not live to say why.
            await self._fail(document, f"The document could not be read in {self._patience.attempts} attempts.")
            return
        try:
            passages = await self._passages(document)
            if await self._documents.processed(document, passages, configuration(await self._language(document))):
                documents_metric.labels(PROCESSED, _label(document.file_type)).inc()
                reading_seconds.observe(time.perf_counter() - started)
                _log.info("a document was read", document_id=document.id, passages=len(passages))
        except Unreadable as reason:
            await self._fail(document, str(reason))
        except _Passing as reason:
            if document.attempts >= self._patience.attempts:
                await self._fail(document, str(reason))
            else:
                raise self._later(document, str(reason)) from None
        except (CallboxError, ModelAway) as fault:
            raise await self._outage(document, str(fault)) from None
        except Exception as fault:
            if is_outage(fault):
                raise await self._outage(document, type(fault).__name__) from None
            _log.exception("reading a document failed", document_id=document.id)
            if document.attempts >= self._patience.attempts:
                await self._fail(document, "Reading the document failed on our side; upload it again.")
            else:
                raise self._later(document, type(fault).__name__) from None

    async def _passages(self, document: Document) -> list[Stored]:
        with tempfile.TemporaryDirectory(prefix="callbox-document-") as folder:
            path = Path(folder) / "document"
            file_type = await self._bring(document, path)
            found = await extract(path, file_type, self._limits)
        directions = await self._embeddings.many([passage.in_context for passage in found], _EMBED_SECONDS)
        return [
            Stored(passage.page, passage.in_context, direction)
            for passage, direction in zip(found, directions, strict=True)
        ]

    async def _bring(self, document: Document, path: Path) -> str:
        """Puts the file of a document at a path, and says of what type it is. A page is fetched once and then kept."""
        chunks = await self._blobs.stream(document.file_key)
        if chunks is not None:
            with path.open("wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
            return document.file_type
        if not document.url:
            raise Unreadable("The document's file is gone; upload it again.")
        file_type = await self._fetch(document.url, path)
        await self._documents.fetched(document.id, document.name, file_type)
        await self._blobs.put(document.file_key, path)
        if not await self._documents.is_there(document.id):
            # Deleted meanwhile, perhaps before there was a file to delete: the sweeper does it.
            await self._documents.announce_file(document.file_key)
        return file_type

    async def _fetch(self, url: str, path: Path) -> str:
        try:
            with path.open("wb") as file:
                answer = await self._outbound.download(
                    url, file, deadline_seconds=_FETCH_SECONDS, max_bytes=kinds.MAX_FILE_BYTES
                )
        except (TimedOut, Failed) as fault:
            raise _Passing(str(fault)) from None
        except OutboundError as fault:
            raise Unreadable(str(fault)) from None
        if answer.status in _PASSING:
            raise _Passing(f"The address answered {answer.status}.")
        if not 200 <= answer.status < 300:
            raise Unreadable(f"The address answered {answer.status}; check that anybody may read it.")
        return kinds.type_of_page(answer.headers.get("content-type", ""), urlsplit(answer.url).path)

    async def _language(self, document: Document) -> str:
        return await self._documents.language(document.character_id)

    async def _fail(self, document: Document, reason: str) -> None:
        if await self._documents.failed(document, reason):
            documents_metric.labels(FAILED, _label(document.file_type)).inc()
            _log.info("a document cannot be read", document_id=document.id, file_type=_label(document.file_type))

    async def _outage(self, document: Document, fault: str) -> RetryRequested:
        """A part of ours is away: the attempt does not count."""
        _log.warning("a document has to wait", document_id=document.id, fault=fault[:200])
        again = self._later(document, fault)
        try:
            await self._documents.uncount(document.id)
        except Exception as other:
            if not is_outage(other):
                raise
        return again

    def _later(self, document: Document, reason: str) -> RetryRequested:
        wait = min(self._patience.first_wait_seconds * 2 ** (document.attempts - 1), _MAX_WAIT_SECONDS)
        return RetryRequested(timedelta(seconds=wait), reason[:200])


class Sweeper:
    """Mends what an outage broke, and removes files without a document, documents without a character, old events."""

    def __init__(self, documents: Documents, blobs: Blobs, event_days: float, grace_seconds: float = 3600.0) -> None:
        self._documents = documents
        self._blobs = blobs
        self._event_days = event_days
        self._grace_seconds = grace_seconds

    async def run(self, every_seconds: float) -> None:
        """Sweeps again and again, until it is cancelled."""
        while True:
            try:
                await self.sweep()
            except Exception as fault:
                if not (is_outage(fault) or isinstance(fault, CallboxError)):
                    _log.exception("sweeping failed")
            await asyncio.sleep(every_seconds)

    async def sweep(self) -> None:
        """Sweeps once. A file of a document that is being uploaded is younger than the grace."""
        if again := await self._documents.requeue(_LOST_SECONDS):
            _log.warning("documents had lost their place in the queue", documents=again)
        await self._documents.sweep(self._event_days, self._grace_seconds)
        while keys := await self._documents.discarded(self._grace_seconds, 100):
            for key in keys:
                await self._blobs.delete(key)
                await self._documents.forget_file(key)


def _label(file_type: str) -> str:
    return file_type if file_type in kinds.KINDS else "other"
