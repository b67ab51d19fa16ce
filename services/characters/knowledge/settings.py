"""Settings of the process that reads documents."""

from pydantic import Field

from services.characters.shared_settings import SharedSettings


class KnowledgeSettings(SharedSettings):
    """Settings of the process that reads documents."""

    document_memory_mb: int = Field(
        default=1024, ge=256, le=65_536, description="Memory limit for reading one document."
    )
    document_seconds: float = Field(default=60.0, ge=1, le=3600, description="Time limit for reading one document.")
    document_max_pages: int = Field(default=2_000, ge=1, le=100_000, description="Page limit of a document.")
    document_max_characters: int = Field(
        default=5_000_000, ge=1_000, le=100_000_000, description="Limit of characters of text in a document."
    )
    document_attempts: int = Field(
        default=5, ge=1, le=100, description="Number of attempts to read a document before it fails."
    )
    document_retry_seconds: float = Field(
        default=2.0,
        gt=0,
        le=300,
        description="Delay before the second attempt to read a document; it doubles each time, up to 5 minutes.",
    )
    document_heartbeat_seconds: float = Field(
        default=30.0,
        ge=1,
        le=600,
        description="How long after the last heartbeat of its reader a document is given to another reader.",
    )
    document_event_days: float = Field(
        default=30.0, gt=0, le=3650, description="How long the events for `document.processed` webhooks are kept."
    )
