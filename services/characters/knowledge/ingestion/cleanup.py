"""Repairs the document queue after an outage, and deletes what no document needs any more."""

import asyncio

from services.characters.knowledge.documents import DocumentStore
from services.kit.blobs import Blobs
from services.kit.database import is_outage
from services.kit.errors import CallboxError
from services.kit.logs import get_logger

# A document that has been pending for longer and has no job has lost it in an outage.
_LOST_JOB_SECONDS = 60.0
_FILES_AT_ONCE = 100
_log = get_logger(__name__)


class DocumentCleanup:
    """Makes lost jobs again. Deletes files without a document, documents without a character and old events."""

    def __init__(
        self, documents: DocumentStore, blobs: Blobs, event_days: float, grace_seconds: float = 3600.0
    ) -> None:
        """grace_seconds: younger files and documents stay; a document may still be made of a file."""
        self._documents = documents
        self._blobs = blobs
        self._event_days = event_days
        self._grace_seconds = grace_seconds

    async def run(self, interval_seconds: float) -> None:
        """Runs at an interval until it is cancelled."""
        while True:
            try:
                await self.run_once()
            except Exception as fault:
                if not (is_outage(fault) or isinstance(fault, CallboxError)):
                    _log.exception("the cleanup of documents failed")
            await asyncio.sleep(interval_seconds)

    async def run_once(self) -> None:
        """Runs once."""
        if requeued := await self._documents.requeue(_LOST_JOB_SECONDS):
            _log.warning("documents without a job were put into the queue again", documents=requeued)
        await self._documents.delete_old(self._event_days, self._grace_seconds)
        while keys := await self._documents.unused_files(self._grace_seconds, _FILES_AT_ONCE):
            for key in keys:
                await self._blobs.delete(key)
                await self._documents.remove_unused_file(key)
