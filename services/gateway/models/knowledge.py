"""Bodies of the knowledge base (contract 12.1, 14.12)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.gateway.requests.path_names import PATTERN

MAX_QUERY_CHARACTERS = 2_000
MAX_TOP_K, DEFAULT_TOP_K = 20, 5

# A document that was just added. Without `error`: FastAPI drops nulls of an example, and openapi/examples.py adds them.
TAKEN: JsonDict = {
    "id": "doc_Zk3vQy0N8rT1mJ5sXw2eLb7u",
    "file": "s3://callbox/documents/chr_1/doc_1/handbook.pdf",
    "file_type": "pdf",
    "status": "PENDING",
    "chunk_count": 0,
    "created_at": "2026-01-31T09:30:00Z",
    "name": "handbook.pdf",
    "notes": [],
}


class Document(BaseModel):
    """A file or web page in the knowledge base of a character."""

    model_config = ConfigDict(json_schema_extra={"example": {**TAKEN, "status": "PROCESSED", "chunk_count": 12}})

    id: str
    file: str = Field(description="Where the file is stored.")
    file_type: str = Field(description="`pdf`, `docx`, `txt`; also `pptx`, `xlsx`, `html`, `md`, `csv`.")
    status: Literal["PENDING", "PROCESSED", "FAILED"] = Field(
        description="`PENDING`: waits to be processed. `PROCESSED`: searches find it. `FAILED`: it cannot be read."
    )
    chunk_count: int = Field(description="Number of its passages; 0 until it is `PROCESSED`.")
    created_at: datetime
    name: str = Field(description="Name of the file or address of the page; `metadata.source` of its passages.")
    error: str | None = Field(description="Why it failed; null if it did not.", examples=[None])
    notes: list[str] = Field(
        description="What was left out on purpose, a sentence each: hidden text, pages without text, comments …",
        examples=[["Pages without text, such as a scan, left out: 2 and 4."]],
    )


class PageBody(BaseModel):
    """The address of a web page or file."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"url": "https://shop.example/faq"}})

    url: str = Field(max_length=2_048, description="http or https, publicly reachable.")


class Query(BaseModel):
    """A search in the documents of a character."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"example": {"q": "When do you open?", "top_k": 3, "character_slug": "support-bot"}},
    )

    q: str = Field(min_length=1, max_length=MAX_QUERY_CHARACTERS, description="The question.")
    top_k: int = Field(DEFAULT_TOP_K, ge=1, le=MAX_TOP_K, description="Number of passages wanted.")
    character_slug: str = Field(pattern=PATTERN, description="Slug or id of the character.")


class PassageMetadata(BaseModel):
    """Where a passage comes from."""

    source: str = Field(description="Name of the document.")
    page: int | None = Field(None, description="Number of the page, from 1; for PDF only.")


class Passage(BaseModel):
    """A passage of a document."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "text": "On Saturdays we are open from 10 to 16.",
                "metadata": {"source": "handbook.pdf", "page": 3},
                "score": 1.0,
                "document_id": "doc_Zk3vQy0N8rT1mJ5sXw2eLb7u",
            }
        }
    )

    text: str
    metadata: PassageMetadata
    score: float = Field(description="1 for a passage that ranks first both by meaning and by words.")
    document_id: str
