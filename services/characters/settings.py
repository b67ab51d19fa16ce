"""Settings of the characters service."""

from pydantic import Field, field_validator

from services.kit.addresses import Allowances
from services.kit.blobs import BlobSettings


class CharactersSettings(BlobSettings):
    """What the characters service is told."""

    database_url: str = Field(repr=False, pattern=r"^postgresql://", description="PostgreSQL, postgresql://…")
    debug: bool = Field(default=False, description="Skips the check of allowed origins; for development alone.")
    outbound_allow: str = Field(
        default="", description="Private networks and hosts that URLs of tools may name: 10.1.0.0/16, hooks.internal."
    )
    triton_address: str = Field(default="127.0.0.1:8001", description="host:port of Triton's gRPC.")
    versions_kept: int = Field(default=1_000, ge=2, le=1_000_000, description="Versions kept of each character.")
    media_sweep_seconds: float = Field(
        default=3600.0, gt=0, description="Time between two looks for files that no character names any more."
    )

    @field_validator("outbound_allow")
    @classmethod
    def _can_be_read(cls, entries: str) -> str:
        Allowances.parse(entries)
        return entries
