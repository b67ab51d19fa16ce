"""Which environment each process gets: its own settings and nobody else's."""

import importlib
import os
from collections.abc import Mapping
from functools import cache

from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from services.kit.settings import PREFIX, SettingsError, check_unknown

SERVICES = ("accounts", "characters", "characters.knowledge", "sessions", "gateway", "agent", "inference")

# Addresses and files that the runner decides itself.
WIRED = frozenset(
    PREFIX + name
    for name in (
        "LISTEN", "OPS_LISTEN", "KEYS_DIR", "DATABASE_URL", "REDIS_URL", "ACCOUNTS_ADDRESS", "CHARACTERS_ADDRESS",
        "SESSIONS_ADDRESS", "LIVEKIT_URL", "LIVEKIT_PUBLIC_URL", "LIVEKIT_KEYS_FILE", "TRITON_ADDRESS", "TRITON_HOST",
        "WEB_DIR",
    )
)  # fmt: skip

# What `callbox call` reads; it may stay set in the terminal that `callbox up` is started from.
_CLIENT = frozenset(PREFIX + name for name in ("BASE_URL", "API_KEY"))

_LOOPBACK = "127.0.0.1,localhost"
# Ours and LiveKit's are decided by the runner; Python's would change what the children import or forget.
_FOREIGN = (PREFIX, "LIVEKIT_", "PYTHON")


@cache
def variables_of(service: str) -> frozenset[str]:
    """Every variable a service reads."""
    module = importlib.import_module(f"services.{service}.settings")
    return frozenset(
        str(kind.model_config.get("env_prefix", "")).upper() + name.upper()
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, BaseSettings) and kind.__module__ == module.__name__
        for name in kind.model_fields
    )


def read_settings(environ: Mapping[str, str] | None = None) -> LocalSettings:
    """The runner's settings; variables of the services may stand beside them.

    Raises: SettingsError for a variable that nothing reads, one the runner decides itself, or a bad value.
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
    """What every part inherits: the operator's environment without settings of ours."""
    environ = os.environ if environ is None else environ
    base = {name: value for name, value in environ.items() if not name.upper().startswith(_FOREIGN)}
    # Parts speak to each other over loopback, which a proxy of the operator must not see.
    for name in ("no_proxy", "NO_PROXY"):
        base[name] = ",".join(filter(None, [base.get(name, ""), _LOOPBACK]))
    return base | {"PYTHONUNBUFFERED": "1"}


def service_environment(service: str, wired: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of one service: the base, the operator's own variables for it, and over them what is wired.

    wired: may hold more than the service reads; what it does not read is left out.
    """
    known = variables_of(service)
    own = {name: value for name, value in {**environ, **wired}.items() if name in known}
    return base_environment(environ) | own
