"""Documents and passages as protobuf messages."""

from collections.abc import Callable

from callbox.characters.v1 import knowledge_pb2 as pb

from services.characters.knowledge.documents import Document, Event
from services.characters.knowledge.search import Answer
from services.characters.messages import timestamp

# Where the file of a key is.
Locate = Callable[[str], str]


def document(stored: Document, locate: Locate) -> pb.Document:
    """A document as its owner reads it."""
    return pb.Document(
        id=stored.id,
        name=stored.name,
        file=locate(stored.file_key),
        file_type=stored.file_type,
        status=_status(stored.status),
        chunk_count=stored.chunk_count,
        error=stored.error,
        create_time=timestamp(stored.created_at),
    )


def event(happened: Event, locate: Locate) -> pb.DocumentEvent:
    """What happened to a document."""
    return pb.DocumentEvent(
        number=happened.number,
        tenant_id=happened.tenant_id,
        character_slug=happened.character_slug,
        document=pb.Document(
            id=happened.document_id,
            name=happened.name,
            file=locate(happened.file_key),
            file_type=happened.file_type,
            status=_status(happened.status),
            chunk_count=happened.chunk_count,
            error=happened.error,
            create_time=timestamp(happened.document_created_at),
        ),
        create_time=timestamp(happened.created_at),
    )


def answer(found: Answer) -> pb.SearchResponse:
    """Passages that answer a question."""
    return pb.SearchResponse(
        passages=[
            pb.Passage(
                text=passage.text,
                source=passage.source,
                page=passage.page,
                score=passage.score,
                document_id=passage.document_id,
            )
            for passage in found.passages
        ],
        mode=pb.SEARCH_MODE_HYBRID if found.by_meaning else pb.SEARCH_MODE_WORDS,
    )


def _status(name: str) -> pb.DocumentStatus.ValueType:
    return pb.DocumentStatus.Value(f"DOCUMENT_STATUS_{name}")
