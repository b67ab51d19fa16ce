"""Settings of the process that reads documents."""

from pydantic import Field

from services.characters.shared_settings import SharedSettings


class KnowledgeSettings(SharedSettings):
    """Settings of the process that reads documents."""

    document_memory_mb: int = Field(default=1024, ge=256, le=65_536, description="Memory for reading one document.")
    document_seconds: float = Field(default=60.0, ge=1, le=3600, description="Time for reading one document.")
    document_max_pages: int = Field(default=2_000, ge=1, le=100_000, description="Pages that a document may have.")
    document_max_characters: int = Field(
        default=5_000_000, ge=1_000, le=100_000_000, description="Characters of text that a document may have."
    )
    document_attempts: int = Field(default=5, ge=1, le=100, description="Times a document is tried before it fails.")
    document_retry_seconds: float = Field(
        default=2.0, gt=0, le=300, description="Wait before the second attempt at a document; it doubles with each."
    )
    document_heartbeat_seconds: float = Field(
        default=30.0, ge=1, le=600, description="After this long without a sign of its reader a document is taken over."
    )
    document_event_days: float = Field(
        default=30.0, gt=0, le=3650, description="How long it is kept for webhooks that a document was read."
    )
