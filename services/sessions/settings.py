"""Settings of the sessions service."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import from_json
from pydantic_settings import NoDecode

from services.kit.blobs import BlobSettings
from services.kit.net.url_policy import ALLOWED, Allowances
from services.kit.rate_limits import Rate
from services.kit.settings import CatalogueSettings, ListenSettings
from services.sessions.prices import Price


def _read_prices(given: object) -> object:
    try:
        return from_json(given) if isinstance(given, str) else given
    except ValueError:
        raise ValueError('must be JSON such as {"gpt-4o-mini": {"llm_input_million_tokens": 0.15}}') from None


class SessionsSettings(ListenSettings, CatalogueSettings, BlobSettings):
    """Settings of one process of the sessions service."""

    database_url: str = Field(description="PostgreSQL, postgresql://…", repr=False)
    redis_url: str = Field(description="Redis that holds leases, redis://…", repr=False)
    accounts_address: str = Field(default="127.0.0.1:7101", description="host:port of the accounts service.")
    characters_address: str = Field(default="127.0.0.1:7102", description="host:port of the characters service.")
    livekit_url: str = Field(
        default="http://127.0.0.1:7880", description="URL at which this service reaches LiveKit's API."
    )
    livekit_public_url: str = Field(default="ws://127.0.0.1:7880", description="URL at which callers reach LiveKit.")
    livekit_keys_file: Path = Field(
        default=Path(".callbox/livekit-keys.yaml"), description="File with one line `key: secret`."
    )
    token_seconds: int = Field(default=3600, ge=1, le=86_400, description="Lifetime of a caller's LiveKit token.")
    join_seconds: float = Field(
        default=60.0, gt=0, le=3600, description="How long a call keeps its slot if the caller does not join."
    )
    join_seconds_when_full: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="How long a call that nobody joins keeps its slot while other calls find no free slot.",
    )
    claim_seconds: float = Field(default=2.0, gt=0, le=30, description="How long sessions waits for a worker's claim.")
    idle_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="How long caller and agent may both be silent before the call ends."
    )
    absence_seconds: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="How long caller or agent may be out of the room before the call ends. A client that "
        "reconnects, or whose page is loaded again, needs some seconds.",
    )
    worker_report_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Interval at which a worker reports to sessions."
    )
    lease_seconds: float = Field(
        default=6.0, gt=0, le=600, description="How long a lease is valid after the worker's last report."
    )
    prices: Annotated[dict[str, Price], NoDecode, BeforeValidator(_read_prices)] = Field(
        default={}, description="Prices in US dollars by model or provider, as JSON; others cost nothing."
    )
    reap_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Interval of the search for calls with an expired deadline."
    )
    outbound_allow: str = Field(default="", description=ALLOWED)
    webhook_poll_seconds: float = Field(
        default=1.0, gt=0, le=60, description="Interval of the search for webhook deliveries that are due."
    )
    webhook_retry_seconds: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="Delay before the second attempt of a webhook delivery; it triples each time, up to 4 hours.",
    )
    webhook_keep_days: float = Field(
        default=30.0, gt=0, le=3650, description="How long deliveries are kept in the log."
    )
    streams_per_tenant: int = Field(
        default=50, ge=1, le=1000, description="Calls that a tenant can watch at the same time, in each process."
    )
    start_rate_by_address: Rate = Field(
        default="30 per 1 minute",
        description="Rate limit of session starts of one character by visitors at one address (IPv6: one /64).",
    )
    start_rate_by_character: Rate = Field(
        default="600 per 1 minute", description="Rate limit of session starts of one character by all visitors."
    )
    form_rate_by_address: Rate = Field(
        default="60 per 1 minute",
        description="Rate limit of form answers to one character from visitors at one address (IPv6: one /64).",
    )
    form_rate_by_character: Rate = Field(
        default="1200 per 1 minute", description="Rate limit of form answers to one character from all visitors."
    )

    @field_validator("outbound_allow")
    @classmethod
    def _allowances_parse(cls, text: str) -> str:
        Allowances.parse(text)
        return text

    @property
    def worker_seconds(self) -> float:
        """How long a worker that does not report counts as present: three missed reports."""
        return 3 * self.worker_report_seconds

    @property
    def reference_audio_seconds(self) -> float:
        """How long reference audio is kept: for two dispatches and the wait for the caller."""
        return self.join_seconds + self.unclaimed_lease_seconds

    @property
    def unclaimed_lease_seconds(self) -> float:
        """Life of a lease that no worker has claimed: two dispatches and one normal lease."""
        return self.lease_seconds + 2 * self.claim_seconds

    @property
    def grace_seconds(self) -> float:
        """How long after this service started, or Redis came back, no worker is declared lost."""
        return max(self.worker_seconds, self.lease_seconds) + self.worker_report_seconds
