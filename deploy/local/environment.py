"""The environment of each process: it gets only the settings that it reads."""

import importlib
import os
from collections.abc import Mapping
from functools import cache

from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from services.kit.settings import PREFIX, SettingsError, check_unknown

SERVICES = ("accounts", "characters", "characters.knowledge", "sessions", "gateway", "agent", "inference")

# Addresses and files that `callbox up` sets itself.
WIRED = frozenset(
    PREFIX + name
    for name in (
        "LISTEN", "OPS_LISTEN", "KEYS_DIR", "DATABASE_URL", "REDIS_URL", "ACCOUNTS_ADDRESS", "CHARACTERS_ADDRESS",
        "SESSIONS_ADDRESS", "LIVEKIT_URL", "LIVEKIT_PUBLIC_URL", "LIVEKIT_KEYS_FILE", "TRITON_ADDRESS", "TRITON_HOST",
        "WEB_DIR", "ADVERTISED_ADDRESS",
    )
)  # fmt: skip

# Read by `callbox call`; may be set in the terminal that runs `callbox up`.
_CLIENT = frozenset(PREFIX + name for name in ("BASE_URL", "API_KEY"))

_LOOPBACK = "127.0.0.1,localhost"
# `callbox up` sets the first two itself; PYTHON variables could change what the child processes import.
_FOREIGN = (PREFIX, "LIVEKIT_", "PYTHON")


@cache
def variables_of(service: str) -> frozenset[str]:
    """Names of all environment variables that a service reads."""
    module = importlib.import_module(f"services.{service}.settings")
    return frozenset(
        str(kind.model_config.get("env_prefix", "")).upper() + name.upper()
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, BaseSettings) and kind.__module__ == module.__name__
        for name in kind.model_fields
    )


def read_settings(environ: Mapping[str, str] | None = None) -> LocalSettings:
    """Settings of `callbox up`. The environment may also hold settings of the services.

    Raises: SettingsError for an unknown variable, for one that `callbox up` sets itself, and for a bad value.
    """
    environ = os.environ if environ is None else environ
    own = LocalSettings.variables()
    check_unknown(environ, own.union(_CLIENT, *(variables_of(service) for service in SERVICES)))
    if decided := sorted(WIRED & set(environ)):
        raise SettingsError(
            f"{', '.join(decided)}: `callbox up` decides that itself. Unset it; the ports have settings."
        )
    return LocalSettings.load({name: value for name, value in environ.items() if name in own})


def base_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that every part inherits: the operator's, without settings of Callbox and LiveKit."""
    environ = os.environ if environ is None else environ
    base = {name: value for name, value in environ.items() if not name.upper().startswith(_FOREIGN)}
    # Parts use loopback, which must not go through the operator's proxy.
    for name in ("no_proxy", "NO_PROXY"):
        base[name] = ",".join(filter(None, [base.get(name, ""), _LOOPBACK]))
    return base | {"PYTHONUNBUFFERED": "1"}


def service_environment(service: str, wired: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of one service: the base, the operator's variables for it, and `wired`, which wins.

    wired: may hold variables that the service does not read; these are left out.
    """
    known = variables_of(service)
    own = {name: value for name, value in {**environ, **wired}.items() if name in known}
    return base_environment(environ) | own
