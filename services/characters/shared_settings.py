"""Settings that the characters service and the process that reads documents share."""

from pydantic import Field, field_validator

from services.kit.blobs import BlobSettings
from services.kit.net.url_policy import ALLOWED, Allowances


class SharedSettings(BlobSettings):
    """Where the database, the files and the embedding model are, and what may be reached."""

    database_url: str = Field(repr=False, pattern=r"^postgresql://", description="PostgreSQL, postgresql://…")
    triton_address: str = Field(default="127.0.0.1:8001", description="host:port of Triton's gRPC.")
    outbound_allow: str = Field(default="", description=ALLOWED)

    @field_validator("outbound_allow")
    @classmethod
    def _is_valid(cls, entries: str) -> str:
        Allowances.parse(entries)
        return entries
