"""Settings of Callbox on one machine."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from deploy.local.local_models import MODELS, LocalModel, best_installed, local_model
from deploy.local.size import read_size
from services.kit.settings import Settings

ROOT = Path(__file__).resolve().parents[2]

DEFAULT_PROFILE = "cpu"
_UNMEASURED_SLOTS = 3


def _port(default: int, what: str) -> int:
    port: int = Field(default=default, ge=1, le=65535, description=what)
    return port


class LocalSettings(Settings):
    """Settings of `callbox up`; every field is the environment variable `CALLBOX_<FIELD>`."""

    data_dir: Path = Field(default=ROOT / ".callbox", description="Folder for keys, data and logs.")
    host: str = Field(default="127.0.0.1", description="Address the gateway listens on.")
    debug: bool = Field(
        default=False, description="Skips the origin check. Never set it where others reach the gateway."
    )
    slots: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Maximum number of concurrent calls; 0: the number that `callbox size` measured, or 3 without it.",
    )
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="Lowest level that is logged."
    )
    log_format: str = Field(
        default="json", pattern="^(json|console)$", description="Format of log lines, `json` or `console`."
    )

    llm_url: str = Field(default="", description="OpenAI-compatible endpoint, ending in /v1; empty: the local model.")
    llm_model: str = Field(default="", description="Name of the model at CALLBOX_LLM_URL.")
    llm_api_key: SecretStr = Field(default=SecretStr(""), description="API key for CALLBOX_LLM_URL.")
    local_llm: str = Field(
        default="",
        description=f"The local model: {' or '.join(f'`{name}`' for name in MODELS)}; empty: the first one installed.",
    )
    # Threads wait for each other in every layer: on busy cores two threads are ten times slower than one.
    llm_threads: int = Field(
        default=1, ge=1, le=256, description="Threads of the local model; at most the number of idle cores."
    )

    port: int = _port(8000, "HTTP of the gateway.")
    livekit_port: int = _port(7880, "LiveKit's signalling and API.")
    livekit_tcp_port: int = _port(7881, "LiveKit's media over TCP.")
    livekit_udp_port: int = _port(7882, "LiveKit's media over UDP.")
    postgres_port: int = _port(7432, "PostgreSQL.")
    redis_port: int = _port(7379, "Redis.")
    triton_grpc_port: int = _port(8001, "Triton's gRPC.")
    triton_http_port: int = _port(8002, "Triton's HTTP.")
    triton_metrics_port: int = _port(8003, "Triton's metrics.")
    llm_port: int = _port(8004, "The local language model.")
    shop_port: int = _port(8005, "The server of the demo's shop.")
    accounts_port: int = _port(7101, "gRPC of accounts.")
    characters_port: int = _port(7102, "gRPC of characters.")
    sessions_port: int = _port(7103, "gRPC of sessions.")
    accounts_ops_port: int = _port(7201, "Health and metrics of accounts.")
    characters_ops_port: int = _port(7202, "Health and metrics of characters.")
    sessions_ops_port: int = _port(7203, "Health, metrics and LiveKit webhooks of sessions.")
    gateway_ops_port: int = _port(7204, "Health and metrics of the gateway.")
    agent_ops_port: int = _port(7205, "Health and metrics of the worker.")
    knowledge_ops_port: int = _port(7206, "Health and metrics of the document reader.")

    @field_validator("local_llm")
    @classmethod
    def _local_model_is_known(cls, name: str) -> str:
        return local_model(name).name if name else ""

    @model_validator(mode="after")
    def _foreign_model_is_named(self) -> Self:
        if self.llm_url and not self.llm_model:
            raise ValueError("CALLBOX_LLM_URL is set, so CALLBOX_LLM_MODEL must name a model it serves")
        if not self.llm_url and self.llm_model:
            raise ValueError("CALLBOX_LLM_MODEL is for the endpoint of CALLBOX_LLM_URL, which is not set")
        if self.llm_url and self.local_llm:
            raise ValueError("CALLBOX_LLM_URL is set, so CALLBOX_LOCAL_LLM would not be used; unset one of them")
        return self

    @property
    def base_url(self) -> str:
        """URL of the gateway for clients on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def folder(self) -> Path:
        """The data folder, absolute."""
        return self.data_dir.expanduser().resolve()

    @property
    def logs_folder(self) -> Path:
        """The folder with a log file for each part."""
        return self.folder / "logs"

    def slots_for(self, profile: str) -> int:
        """Calls the worker takes at once with a profile of speech models."""
        size = read_size(self.folder)
        measured = size.calls if size is not None and size.fits(profile) else _UNMEASURED_SLOTS
        return self.slots or measured

    @property
    def runs_local_llm(self) -> bool:
        """Whether the local language model is started."""
        return not self.llm_url

    @property
    def effective_llm_url(self) -> str:
        """The endpoint that the worker uses."""
        return self.llm_url or f"http://127.0.0.1:{self.llm_port}/v1"

    @property
    def effective_llm_model(self) -> str:
        """The model that the worker uses."""
        return self.llm_model or self.local_model.name

    @property
    def local_model(self) -> LocalModel:
        """The local model that is started, unless CALLBOX_LLM_URL is set."""
        return local_model(self.local_llm) if self.local_llm else best_installed()
