"""Documents and passages as protobuf messages."""

from collections.abc import Callable

from callbox.characters.v1 import knowledge_pb2 as pb

from services.characters.knowledge.documents import Document, DocumentEvent
from services.characters.knowledge.search import SearchResult
from services.kit.times import timestamp

# Makes the URL of a file from its key.
FileUrl = Callable[[str], str]


def document(stored: Document, file_url: FileUrl) -> pb.Document:
    """A document as its owner reads it."""
    return pb.Document(
        id=stored.id,
        name=stored.name,
        file=file_url(stored.file_key),
        file_type=stored.file_type,
        status=_status(stored.status),
        chunk_count=stored.chunk_count,
        error=stored.error,
        notes=stored.notes,
        create_time=timestamp(stored.created_at),
    )


def document_event(event: DocumentEvent, file_url: FileUrl) -> pb.DocumentEvent:
    """An event of a document."""
    return pb.DocumentEvent(
        number=event.number,
        tenant_id=event.tenant_id,
        character_slug=event.character_slug,
        document=pb.Document(
            id=event.document_id,
            name=event.name,
            file=file_url(event.file_key),
            file_type=event.file_type,
            status=_status(event.status),
            chunk_count=event.chunk_count,
            error=event.error,
            notes=event.notes,
            create_time=timestamp(event.document_created_at),
        ),
        create_time=timestamp(event.created_at),
    )


def search_response(result: SearchResult) -> pb.SearchResponse:
    """The answer to a question."""
    return pb.SearchResponse(
        passages=[
            pb.Passage(
                text=passage.text,
                source=passage.source,
                page=passage.page,
                score=passage.score,
                document_id=passage.document_id,
            )
            for passage in result.passages
        ],
        mode=pb.SEARCH_MODE_HYBRID if result.by_meaning else pb.SEARCH_MODE_WORDS,
    )


def _status(name: str) -> pb.DocumentStatus.ValueType:
    return pb.DocumentStatus.Value(f"DOCUMENT_STATUS_{name}")
