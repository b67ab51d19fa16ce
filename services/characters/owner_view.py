"""Characters as their owner reads them: the definition with the newest documents of the knowledge base in it."""

from collections.abc import Sequence
from typing import Any

from callbox.characters.v1 import characters_pb2 as pb

from services.characters import messages
from services.characters.knowledge.documents import Document, DocumentStore
from services.characters.store import StoredCharacter
from services.kit.blobs import Blobs
from services.kit.times import iso

# Documents of one character; the knowledge base lists them all.
MAX_DOCUMENTS = 100


class OwnerView:
    """Makes messages of characters with their newest documents."""

    def __init__(self, documents: DocumentStore, blobs: Blobs) -> None:
        self._documents = documents
        self._blobs = blobs

    async def character(self, stored: StoredCharacter) -> pb.Character:
        """The message of one character."""
        (message,) = await self.characters([stored])
        return message

    async def characters(self, page: Sequence[StoredCharacter]) -> list[pb.Character]:
        """The messages of some characters in their order. Reads all documents with one query."""
        newest = await self._documents.newest([stored.id for stored in page], MAX_DOCUMENTS) if page else {}
        return [messages.character(stored, map(self._document, newest.get(stored.id, ()))) for stored in page]

    def _document(self, document: Document) -> dict[str, Any]:
        # The same fields as in the answers of the knowledge base.
        return {
            "id": document.id,
            "file": self._blobs.url(document.file_key),
            "file_type": document.file_type,
            "status": document.status,
            "chunk_count": document.chunk_count,
            "created_at": iso(document.created_at),
            "name": document.name,
            "error": document.error or None,
            "notes": document.notes,
        }
