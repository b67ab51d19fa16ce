"""Copies document events from the characters service into the outbox, each once.

The number of the last copied event is stored in the transaction that stores the messages, so several processes can copy
at the same time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from callbox.characters.v1 import knowledge_pb2 as pb

from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.logs import get_logger
from services.kit.rpc.client import call
from services.kit.times import iso, moment
from services.sessions.webhooks import outbox
from services.sessions.webhooks.event_types import DOCUMENT_PROCESSED

if TYPE_CHECKING:
    from callbox.characters.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

    from services.sessions.adapters.database import Database

_SOURCE = "documents"
_PAGE = 50
_STATUS = "DOCUMENT_STATUS_"
_CALL_SECONDS = 5.0
_log = get_logger(__name__)

LAST_COPIED = "select number from webhook_sources where name = $1"
ADVANCE_LAST_COPIED = "update webhook_sources set number = $2 where name = $1 and number = $3"


class DocumentRelay:
    """Copies events until it is cancelled."""

    def __init__(
        self, database: Database, knowledge: KnowledgeServiceAsyncStub, signer: Signer, *, poll_seconds: float
    ) -> None:
        """signer: of the sessions service, the only one that may read the events of all tenants."""
        self._database = database
        self._knowledge = knowledge
        self._signer = signer
        self._poll_seconds = poll_seconds
        self._fault = ""

    async def run(self) -> None:
        """Polls for new events, also while the characters service does not answer."""
        while True:
            if await self._copy() < _PAGE:
                await asyncio.sleep(self._poll_seconds)

    async def _copy(self) -> int:
        """Copies one page; how many events it had."""
        try:
            events = await self._copy_page()
            self._fault = ""
            return len(events)
        except CallboxError as fault:
            # Logged once, not at every attempt.
            if str(fault) != self._fault:
                _log.warning("document events cannot be copied; trying again", fault=str(fault))
            self._fault = str(fault)
        except Exception:
            _log.exception("copying document events failed")
        return 0

    async def _copy_page(self) -> list[pb.DocumentEvent]:
        async with self._database.connection() as connection:
            last = await connection.fetchval(LAST_COPIED, _SOURCE)
        request = pb.ListDocumentEventsRequest(after=last, page_size=_PAGE)
        answer = await call(
            self._knowledge.ListDocumentEvents,
            request,
            identity=self._signer.service_token(),
            deadline_seconds=_CALL_SECONDS,
        )
        events = list(answer.events)
        if not events:
            return events
        async with self._database.connection() as connection, connection.transaction():
            advanced = await connection.execute(ADVANCE_LAST_COPIED, _SOURCE, events[-1].number, last)
            # Otherwise another process has copied them meanwhile.
            if advanced != "UPDATE 0":
                for event in events:
                    await outbox.enqueue(connection, event.tenant_id, DOCUMENT_PROCESSED, _data(event))
        return events


def _data(event: pb.DocumentEvent) -> dict[str, Any]:
    """The document as the API shows it, and the slug of its character."""
    document = event.document
    return {
        "id": document.id,
        "name": document.name,
        "file": document.file,
        "file_type": document.file_type,
        "status": pb.DocumentStatus.Name(document.status).removeprefix(_STATUS),
        "chunk_count": document.chunk_count,
        "error": document.error or None,
        "notes": list(document.notes),
        "created_at": iso(moment(document.create_time)),
        "character_slug": event.character_slug,
    }
