"""Settings of the accounts service."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from services.kit.rate_limits import Rate
from services.kit.settings import ServiceSettings


class AccountsSettings(ServiceSettings):
    """Settings of one process of the accounts service."""

    database_url: str = Field(repr=False, pattern=r"^postgresql://", description="PostgreSQL, postgresql://…")
    redis_url: str = Field(repr=False, pattern=r"^rediss?://", description="Redis that counts attempts, redis://…")
    default_concurrent_sessions: int = Field(
        default=10, ge=0, le=1_000_000, description="Calls that a new tenant may have under way at the same moment."
    )
    first_account_is_staff: bool = Field(
        default=False, description="Whether the first account of the installation may read every tenant's data."
    )
    access_key_days: float = Field(
        default=30.0, gt=0, le=3650, description="Days after which a new key signs access tokens."
    )
    log_in_rate_by_address: Rate = Field(
        default="100 per 5 minutes", description="Passwords that one address may try (IPv6: one /64)."
    )
    log_in_rate_by_account: Rate = Field(
        default="10 per 5 minutes", description="Wrong passwords that may be tried on one e-mail."
    )
    sign_up_rate_by_address: Rate = Field(default="60 per 1 hour", description="Sign-ups from one address.")
    sign_up_rate_by_account: Rate = Field(default="10 per 1 hour", description="Sign-ups with one e-mail.")
    refresh_rate_by_address: Rate = Field(default="600 per 1 minute", description="Refreshes from one address.")
    google_rate_by_address: Rate = Field(default="60 per 1 minute", description="Returns from Google from one address.")
    google_client_id: str = Field(default="", description="OAuth client that signs in with Google; empty: off.")
    google_client_secret: SecretStr = Field(default=SecretStr(""), description="Secret of that client.")
    google_redirect_url: str = Field(
        default="",
        pattern=r"^(https?://[^?#]+/api/auth/google/callback/?)?$",
        description="Where Google sends the browser back to, `https://…/api/auth/google/callback/`.",
    )
    google_issuer: str = Field(
        default="https://accounts.google.com",
        pattern=r"^https?://[^?#]+$",
        description="OpenID Connect issuer that is asked; another provider than Google does as well.",
    )

    @model_validator(mode="after")
    def _google_is_whole(self) -> Self:
        given = (self.google_client_id, self.google_client_secret.get_secret_value(), self.google_redirect_url)
        if any(given) and not all(given):
            raise ValueError(
                "CALLBOX_GOOGLE_CLIENT_ID, CALLBOX_GOOGLE_CLIENT_SECRET and CALLBOX_GOOGLE_REDIRECT_URL go together"
            )
        return self
