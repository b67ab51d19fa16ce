"""Settings of the accounts service."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from services.kit.rate_limits import Rate
from services.kit.settings import ListenSettings


class AccountsSettings(ListenSettings):
    """Settings of one process of the accounts service."""

    database_url: str = Field(repr=False, pattern=r"^postgresql://", description="PostgreSQL, postgresql://…")
    redis_url: str = Field(repr=False, pattern=r"^rediss?://", description="Redis for the rate limits, redis://…")
    default_concurrent_sessions: int = Field(
        default=10, ge=0, le=1_000_000, description="Limit of concurrent calls of a new tenant."
    )
    first_account_is_staff: bool = Field(
        default=False,
        description="Whether the first account of the installation becomes staff. Staff can read and change the "
        "characters and calls of every tenant.",
    )
    access_key_days: float = Field(
        default=30.0, gt=0, le=3650, description="Days after which the key that signs access tokens is replaced."
    )
    log_in_rate_by_address: Rate = Field(
        default="100 per 5 minutes", description="Rate limit of password checks from one address (IPv6: one /64)."
    )
    log_in_rate_by_account: Rate = Field(
        default="10 per 5 minutes", description="Rate limit of wrong passwords for one e-mail address."
    )
    sign_up_rate_by_address: Rate = Field(
        default="60 per 1 hour", description="Rate limit of sign-ups from one address (IPv6: one /64)."
    )
    sign_up_rate_by_account: Rate = Field(
        default="10 per 1 hour", description="Rate limit of sign-ups with one e-mail address."
    )
    refresh_rate_by_address: Rate = Field(
        default="600 per 1 minute", description="Rate limit of token refreshes from one address (IPv6: one /64)."
    )
    google_rate_by_address: Rate = Field(
        default="60 per 1 minute", description="Rate limit of returns from Google from one address (IPv6: one /64)."
    )
    google_client_id: str = Field(
        default="", description="Id of the OAuth client for sign-in with Google; empty: no sign-in with Google."
    )
    google_client_secret: SecretStr = Field(default=SecretStr(""), description="Secret of the OAuth client.")
    google_redirect_url: str = Field(
        default="",
        pattern=r"^(https?://[^?#]+/api/auth/google/callback/?)?$",
        description="Redirect URI of the OAuth client, `https://…/api/auth/google/callback/`.",
    )
    google_issuer: str = Field(
        default="https://accounts.google.com",
        pattern=r"^https?://[^?#]+$",
        description="Issuer URL of the OpenID Connect provider; other providers than Google work, too.",
    )

    @model_validator(mode="after")
    def _google_is_whole(self) -> Self:
        given = (self.google_client_id, self.google_client_secret.get_secret_value(), self.google_redirect_url)
        if any(given) and not all(given):
            raise ValueError(
                "CALLBOX_GOOGLE_CLIENT_ID, CALLBOX_GOOGLE_CLIENT_SECRET and CALLBOX_GOOGLE_REDIRECT_URL go together"
            )
        return self
