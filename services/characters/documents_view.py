"""Characters as their owners read them: the definition, and the documents of the knowledge base beside it."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from callbox.characters.v1 import characters_pb2 as pb

from services.characters import messages
from services.characters.knowledge.documents import Document, Documents
from services.characters.store import Stored
from services.kit.blobs import Blobs

# Of one character; the knowledge base lists them all.
MAX_SHOWN = 100


class Attached:
    """Puts the newest documents into characters."""

    def __init__(self, documents: Documents, blobs: Blobs) -> None:
        self._documents = documents
        self._blobs = blobs

    async def character(self, stored: Stored) -> pb.Character:
        """One character."""
        (shown,) = await self.characters([stored])
        return shown

    async def characters(self, page: Sequence[Stored]) -> list[pb.Character]:
        """Characters in their order, by one query."""
        newest = await self._documents.newest([stored.id for stored in page], MAX_SHOWN) if page else {}
        return [messages.character(stored, map(self._shown, newest.get(stored.id, ()))) for stored in page]

    def _shown(self, document: Document) -> dict[str, Any]:
        # As the knowledge base itself is answered.
        return {
            "id": document.id,
            "file": self._blobs.url(document.file_key),
            "file_type": document.file_type,
            "status": document.status,
            "chunk_count": document.chunk_count,
            "created_at": document.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "name": document.name,
            "error": document.error or None,
        }
