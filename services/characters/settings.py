"""Settings of the characters service."""

from pydantic import Field

from services.kit.settings import ServiceSettings


class CharactersSettings(ServiceSettings):
    """What the characters service is told."""

    database_url: str = Field(repr=False, pattern=r"^postgresql://", description="PostgreSQL, postgresql://…")
    debug: bool = Field(default=False, description="Skips the check of allowed origins; for development alone.")
