"""RPC handlers of the knowledge base."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
from callbox.characters.v1 import knowledge_pb2 as pb
from callbox.characters.v1 import knowledge_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.characters import access
from services.characters.knowledge import file_names, file_types, messages
from services.characters.knowledge.documents import Document, DocumentStore, new_document_id
from services.characters.knowledge.search import Search
from services.characters.store import CharacterStore, StoredCharacter
from services.kit import paging
from services.kit.blobs import Blobs
from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.logs import get_logger
from services.kit.net.url_policy import Allowances, url_faults
from services.kit.rpc.context import current_identity, require_service

Context = grpc.aio.ServicerContext[Any, Any]

MAX_QUERY_CHARACTERS = 2_000
MAX_TOP_K, DEFAULT_TOP_K = 20, 5
_MAX_URL_CHARACTERS = 2_048
_ID_MAX_CHARACTERS = 64
# The type of a page until it is fetched.
_PAGE_TYPE = "html"
_log = get_logger(__name__)


class KnowledgeService(knowledge_pb2_grpc.KnowledgeServiceServicer):
    """Documents of characters, and searches in them."""

    def __init__(
        self, characters: CharacterStore, documents: DocumentStore, blobs: Blobs, search: Search, allowed: Allowances
    ) -> None:
        self._characters = characters
        self._documents = documents
        self._blobs = blobs
        self._search = search
        self._allowed = allowed

    async def UploadDocument(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.UploadDocumentRequest], context: Context
    ) -> pb.Document:
        """Stores a file; it is read later."""
        head = (await _next(request_iterator)).head
        character = await self._own(head.character)
        name = file_names.cited(head.name)
        if not name:
            raise validation({"file": ["has no name; send one with its ending"]})
        with tempfile.NamedTemporaryFile(prefix="callbox-upload-") as file:
            size = 0
            async for message in request_iterator:
                size += len(message.piece)
                if size > file_types.MAX_FILE_BYTES:
                    raise too_large()
                file.write(message.piece)
            file.flush()
            kind = file_types.file_type(name)
            return await self._add(character, name, kind, "", Path(file.name), replaces=head.replace)

    async def AddPage(self, request: pb.AddPageRequest, context: Context) -> pb.Document:  # noqa: N802
        """Stores the address of a page; it is fetched later."""
        character = await self._own(request.character)
        if len(request.url) > _MAX_URL_CHARACTERS:
            raise validation({"url": [f"must be at most {_MAX_URL_CHARACTERS:,} characters"]})
        if faults := url_faults(request.url, self._allowed):
            raise validation({"url": faults})
        return await self._add(character, request.url, _PAGE_TYPE, request.url, None, replaces=request.replace)

    async def ListDocuments(  # noqa: N802
        self, request: pb.ListDocumentsRequest, context: Context
    ) -> pb.ListDocumentsResponse:
        """Lists a character's documents, newest first."""
        character = await self._own(request.character)
        size = paging.page_size(request.page_size)
        page = await self._documents.page(character.id, paging.number_below(request.page_token), size + 1)
        return pb.ListDocumentsResponse(
            documents=[messages.document(stored, self._blobs.url) for stored in page[:size]],
            next_page_token=paging.token_after(page[size - 1].seq) if len(page) > size else "",
        )

    async def DeleteDocument(self, request: pb.DeleteDocumentRequest, context: Context) -> Empty:  # noqa: N802
        """Deletes a document with its passages and its file."""
        character = await self._own(request.character)
        may_exist = request.document_id.isprintable() and len(request.document_id) <= _ID_MAX_CHARACTERS
        key = await self._documents.delete(character.id, request.document_id) if may_exist else None
        if key is None:
            raise not_found("Document")
        try:
            await self._blobs.delete(key)
            await self._documents.remove_unused_file(key)
        except CallboxError as fault:
            # The cleanup of the reading process tries again.
            _log.warning("a deleted document's file is still there", fault=str(fault))
        return Empty()

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:  # noqa: N802
        """Finds passages for the owner or for a call."""
        if current_identity().is_service("agent"):
            found = await self._characters.find(request.character)
            if found is None:
                raise not_found(access.CHARACTER)
            character = found
        else:
            character = await self._own(request.character)
        query = request.query.strip()
        if not query:
            raise validation({"q": ["must not be empty"]})
        if len(query) > MAX_QUERY_CHARACTERS or "\x00" in query:
            raise validation({"q": [f"must be at most {MAX_QUERY_CHARACTERS:,} characters, none of them NUL"]})
        limit = request.top_k or DEFAULT_TOP_K
        if not 1 <= limit <= MAX_TOP_K:
            raise validation({"top_k": [f"must be from 1 to {MAX_TOP_K}"]})
        language = character.definition["language"]
        return messages.search_response(await self._search.find(character.id, language, query, limit))

    async def ListDocumentEvents(  # noqa: N802
        self, request: pb.ListDocumentEventsRequest, context: Context
    ) -> pb.ListDocumentEventsResponse:
        """Lists events of documents."""
        require_service("sessions")
        events = await self._documents.events(request.after, paging.page_size(request.page_size))
        return pb.ListDocumentEventsResponse(
            events=[messages.document_event(event, self._blobs.url) for event in events]
        )

    async def _add(
        self, character: StoredCharacter, name: str, file_type: str, url: str, file: Path | None, *, replaces: bool
    ) -> pb.Document:
        document_id = new_document_id()
        key = file_names.file_key(character.id, document_id, name)
        if file is not None:
            await self._documents.add_unused_file(key)
            await self._blobs.put(key, file)
        added: Document | None = await self._documents.add(
            document_id,
            character.id,
            character.tenant_id,
            name=name,
            file_type=file_type,
            file_key=key,
            url=url,
            replaces=replaces,
        )
        if added is None:
            # The owner's data may have been deleted meanwhile, and the note of the file with it.
            await self._documents.add_unused_file(key)
            raise not_found(access.CHARACTER)
        return messages.document(added, self._blobs.url)

    async def _own(self, slug_or_id: str) -> StoredCharacter:
        return await access.owned_character(self._characters, slug_or_id)


def too_large() -> CallboxError:
    """The refusal of a file that is too large."""
    return CallboxError(
        Code.PAYLOAD_TOO_LARGE,
        f"The file is larger than {file_types.MAX_FILE_BYTES // 1024 // 1024} MB; upload it in parts.",
    )


async def _next(requests: AsyncIterator[pb.UploadDocumentRequest]) -> pb.UploadDocumentRequest:
    async for request in requests:
        return request
    raise CallboxError(Code.INVALID_REQUEST, "Nothing was sent; begin with the head of the document.")
