"""Settings of the accounts service."""

from pydantic import Field

from services.kit.settings import ServiceSettings


class AccountsSettings(ServiceSettings):
    """What the accounts service is told."""

    database_url: str = Field(repr=False, pattern=r"^postgresql://", description="PostgreSQL, postgresql://…")
    default_concurrent_sessions: int = Field(
        default=10, ge=0, le=1_000_000, description="Calls that a new tenant may have under way at the same moment."
    )
    first_account_is_staff: bool = Field(
        default=False, description="Whether the first account of the installation may read every tenant's data."
    )
