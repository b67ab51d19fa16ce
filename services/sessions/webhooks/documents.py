"""Documents that were read, brought over from the characters service into the outbox, each once.

How far it has come is kept in the transaction that stores the messages, so several processes may bring at once.
"""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import TYPE_CHECKING, Any

from callbox.characters.v1 import knowledge_pb2 as pb

from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.logs import get_logger
from services.kit.rpc.client import call
from services.sessions.webhooks import outbox
from services.sessions.webhooks.kinds import DOCUMENT_PROCESSED

if TYPE_CHECKING:
    from callbox.characters.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

    from services.sessions.store import Store

_SOURCE = "documents"
_PAGE = 50
_STATUS = "DOCUMENT_STATUS_"
_log = get_logger(__name__)


class DocumentRelay:
    """Brings events until it is cancelled."""

    def __init__(
        self, store: Store, knowledge: KnowledgeServiceAsyncStub, signer: Signer, *, poll_seconds: float
    ) -> None:
        """signer: of the sessions service, which alone may ask for events of all tenants."""
        self._store = store
        self._knowledge = knowledge
        self._signer = signer
        self._poll_seconds = poll_seconds
        self._fault = ""

    async def run(self) -> None:
        """Asks for what is new; a service that is away is asked again."""
        while True:
            if await self._bring() < _PAGE:
                await asyncio.sleep(self._poll_seconds)

    async def _bring(self) -> int:
        """Brings one page; how many events that were."""
        try:
            events = await self._page()
            self._fault = ""
            return len(events)
        except CallboxError as fault:
            # Said once, not at every try.
            if str(fault) != self._fault:
                _log.warning("documents that were read are told later", fault=str(fault))
            self._fault = str(fault)
        except Exception:
            _log.exception("bringing over what happened to documents failed")
        return 0

    async def _page(self) -> list[pb.DocumentEvent]:
        async with self._store.connection() as connection:
            known = await connection.fetchval("select number from webhook_sources where name = $1", _SOURCE)
        request = pb.ListDocumentEventsRequest(after=known, page_size=_PAGE)
        answer = await call(
            self._knowledge.ListDocumentEvents, request, identity=self._signer.service_token(), deadline_seconds=5.0
        )
        events = list(answer.events)
        if not events:
            return events
        async with self._store.connection() as connection, connection.transaction():
            moved = await connection.execute(
                "update webhook_sources set number = $2 where name = $1 and number = $3",
                _SOURCE,
                events[-1].number,
                known,
            )
            if moved != "UPDATE 0":
                for event in events:
                    await outbox.enqueue(connection, event.tenant_id, DOCUMENT_PROCESSED, _data(event))
        return events


def _data(event: pb.DocumentEvent) -> dict[str, Any]:
    """The document as the API shows it, and its character."""
    document = event.document
    return {
        "id": document.id,
        "name": document.name,
        "file": document.file,
        "file_type": document.file_type,
        "status": pb.DocumentStatus.Name(document.status).removeprefix(_STATUS),
        "chunk_count": document.chunk_count,
        "error": document.error or None,
        "created_at": outbox.iso(document.create_time.ToDatetime(UTC)),
        "character_slug": event.character_slug,
    }
