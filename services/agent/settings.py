"""Settings of the worker, read from the environment."""

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from services.agent.fallback_models import Fallback
from services.kit.net.url_policy import ALLOWED, Allowances
from services.kit.settings import CatalogueSettings, ListenSettings

# As host in CALLBOX_LISTEN.
_EVERY_INTERFACE = {"", "0.0.0.0", "::"}  # noqa: S104  # refused without another address
_ROOT = Path(__file__).resolve().parents[2]


class AgentSettings(ListenSettings, CatalogueSettings):
    """Settings of one worker."""

    advertised_address: str = Field(
        default="",
        description="host:port at which sessions reaches this worker, such as that of its pod; empty: the address of "
        "CALLBOX_LISTEN.",
    )
    sessions_address: str = Field(default="127.0.0.1:7103", description="host:port of the sessions service.")
    characters_address: str = Field(default="127.0.0.1:7102", description="host:port of the characters service.")
    livekit_url: str = Field(default="ws://127.0.0.1:7880", description="URL at which the worker reaches LiveKit.")
    livekit_keys_file: Path = Field(
        default=Path(".callbox/livekit-keys.yaml"), description="File with one line `key: secret`."
    )
    triton_address: str = Field(default="127.0.0.1:8001", description="host:port of Triton's gRPC.")
    llm_url: str = Field(default="http://127.0.0.1:8004/v1", description="OpenAI-compatible endpoint, ending in /v1.")
    llm_model: str = Field(
        default="smollm2-135m-instruct", description="Model that is used when a character names none."
    )
    llm_api_key: str = Field(default="", description="API key for the endpoint.", repr=False)
    llm_fallbacks: str = Field(
        default="",
        description="Models that are asked in this order when CALLBOX_LLM_URL fails: `URL MODEL` or `URL MODEL KEY`, "
        "with commas between them. A character with its own key uses those that it names.",
        repr=False,
    )
    lines_dir: Path = Field(
        default=_ROOT / "deploy" / "lines", description="Folder of the recorded fixed lines that ship with Callbox."
    )
    outbound_allow: str = Field(default="", description=ALLOWED)
    slots: int = Field(default=3, ge=1, le=512, description="Maximum number of concurrent calls of this worker.")

    @field_validator("outbound_allow")
    @classmethod
    def _allowances_parse(cls, entries: str) -> str:
        Allowances.parse(entries)
        return entries

    @field_validator("llm_fallbacks")
    @classmethod
    def _fallbacks_parse(cls, entries: str) -> str:
        Fallback.parse(entries)
        return entries

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not self.advertised_address and self.listen.rpartition(":")[0].strip("[]") in _EVERY_INTERFACE:
            raise ValueError(
                f"CALLBOX_LISTEN={self.listen} is every interface; set CALLBOX_ADVERTISED_ADDRESS to the host:port at "
                "which sessions reaches this worker"
            )
        return self

    def address(self, port: int) -> str:
        """Where sessions reaches this worker. port: the one it listens on."""
        return self.advertised_address or f"{self.listen.rpartition(':')[0]}:{port}"
