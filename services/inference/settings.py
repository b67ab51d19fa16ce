"""Settings of the launcher, read once from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65_535)]


class InferenceSettings(BaseSettings):
    """Each field is the environment variable `CALLBOX_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CALLBOX_", frozen=True)

    triton_host: str = Field(default="127.0.0.1", description="Address that Triton's three ports are bound to.")
    triton_grpc_port: Port = 8001
    """The port that clients connect to."""
    triton_http_port: Port = 8002
    """Health (`/v2/health/ready`) and model control over HTTP."""
    triton_metrics_port: Port = 8003
    """Prometheus metrics at `/metrics`."""
    inference_profile: str = Field(
        default="cpu",
        description="Name of a file in `services/inference/profiles` without `.toml`, or the path of a .toml file.",
    )
    data_dir: Path = Path(".callbox")
    """Folder for files made at run time. The rendered model repository is in its `inference/`."""
    kokoro_voices: Path = Field(
        default=Path(".tools/kokoro/voices"),
        description="Folder with a style file for each voice of Kokoro; `scripts/setup.sh` installs them.",
    )
