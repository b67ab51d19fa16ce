"""Settings, read once from the environment and then frozen."""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CALLBOX_"
_ROOT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """Invalid settings; the message names the variable and the values it may have."""


class Settings(BaseSettings):
    """Settings of one process: every field is the environment variable `CALLBOX_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Reads and checks the environment.

        Raises: SettingsError for a bad value, and for an unknown `CALLBOX_` variable, with the most similar known one.
        """
        environ = os.environ if environ is None else environ
        check_unknown(environ, cls.variables())
        try:
            if environ is os.environ:
                return cls()
            values = {
                name: environ[variable] for name, variable in cls._variable_by_field().items() if variable in environ
            }
            return cls.model_validate(values)
        except ValidationError as fault:
            faults = "; ".join(
                f"{PREFIX}{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
                for error in fault.errors(include_input=False, include_url=False)
            )
            raise SettingsError(f"Settings cannot be used: {faults}.") from None

    @classmethod
    def variables(cls) -> set[str]:
        """Names of the environment variables this class reads."""
        return set(cls._variable_by_field().values())

    @classmethod
    def _variable_by_field(cls) -> dict[str, str]:
        return {name: f"{PREFIX}{name.upper()}" for name in cls.model_fields}


class ServiceSettings(Settings):
    """Settings that every service has."""

    data_dir: Path = Field(default=Path(".callbox"), description="Folder for keys and other persistent files.")
    ops_listen: str = Field(
        default="127.0.0.1:0", description="host:port of /healthz, /readyz and /metrics; port 0: any free port."
    )
    log_format: Literal["json", "console"] = Field(default="json", description="Format of log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged."
    )
    otlp_endpoint: str = Field(default="", description="OTLP gRPC endpoint for traces; empty means none are sent.")
    drain_seconds: float = Field(
        default=10.0,
        gt=0,
        le=600,
        description="How long a process waits at SIGTERM for open requests, jobs and calls.",
    )


class ListenSettings(ServiceSettings):
    """Settings of a service that is called by others."""

    keys_dir: Path = Field(default=Path(".callbox/keys"), description="Folder of identity keys.")
    listen: str = Field(
        default="127.0.0.1:0", description="host:port on which the service is called; port 0: any free port."
    )


class CatalogueSettings(ServiceSettings):
    """Settings of a service that uses the voice catalogue."""

    catalogue: Path = Field(
        default=_ROOT / "deploy" / "catalogue.toml", description="The voice catalogue, with its samples beside it."
    )


def check_unknown(environ: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuses `CALLBOX_` variables that no service reads.

    Raises: SettingsError with each unknown variable and the most similar known one.
    """
    names = set(known)
    unknown = sorted(name for name in environ if name.upper().startswith(PREFIX) and name not in names)
    if not unknown:
        return
    sentences = []
    for name in unknown:
        near = difflib.get_close_matches(name.upper(), names, n=1, cutoff=0.0)
        sentences.append(f"{name} is not a setting of Callbox" + (f"; the nearest is {near[0]}" if near else ""))
    raise SettingsError(". ".join(sentences) + ". Correct or unset it.")
