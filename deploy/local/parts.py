"""Builds the parts of the stack and connects them to each other."""

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from deploy.local.demo.shop import HOST as SHOP_HOST
from deploy.local.demo.shop import base_url as shop_url
from deploy.local.environment import base_environment, service_environment
from deploy.local.livekit import livekit_part
from deploy.local.local_models import NoWeights
from deploy.local.part import NotReady, Part
from deploy.local.postgres import ROLES, Postgres
from deploy.local.probe import http_probe
from deploy.local.redis import Redis
from deploy.local.secret import Secrets
from deploy.local.settings import DEFAULT_PROFILE, ROOT, LocalSettings
from services.inference.launcher import sweep_shared_memory

_HOST = "127.0.0.1"
_DRAIN_SECONDS = 2


@dataclass(frozen=True)
class _Place:
    """When a service is stopped, and how long that may take.

    package: below `services`; empty if it is the name. role: database role; empty if it is the name.
    """

    stage: int
    grace_seconds: float
    port: str = ""
    package: str = ""
    role: str = ""


# The agent stops first, so that it ends its calls itself while the other services still run. The longest grace of each
# stage adds up to less than ten seconds.
_SERVICES = {
    "agent": _Place(3, 3.0),
    "gateway": _Place(3, 3.0, "port"),
    "sessions": _Place(2, 2.0, "sessions_port"),
    "accounts": _Place(2, 2.0, "accounts_port"),
    "characters": _Place(2, 2.0, "characters_port"),
    "knowledge": _Place(2, 2.0, package="characters.knowledge", role="characters"),
}

_OUTBOUND_ALLOW = "CALLBOX_OUTBOUND_ALLOW"
# They check and send the requests of tools, and so may connect to the demo's shop.
_SEND_TOOL_REQUESTS = ("agent", "characters")


def build_parts(
    settings: LocalSettings,
    secrets: Secrets,
    environ: Mapping[str, str],
    only: Collection[str] = (),
) -> list[Part]:
    """The parts of the stack.

    environ: the operator's environment. only: names of parts; empty for all.
    Raises: NotReady if a required program or the local model is missing.
    """
    base = base_environment(environ)
    postgres = Postgres(settings.folder, settings.postgres_port, secrets)
    redis = Redis(settings.folder, settings.redis_port, secrets)
    slots = settings.slots_for(environ.get("CALLBOX_INFERENCE_PROFILE", DEFAULT_PROFILE))
    common = _common(settings, secrets, redis.url, slots)
    builders: dict[str, Callable[[], Part]] = {
        "postgres": lambda: postgres.part(base),
        "redis": lambda: redis.part(base),
        "livekit": lambda: livekit_part(settings, secrets, base),
        "triton": lambda: _triton(settings, service_environment("inference", common, environ)),
    }
    if settings.runs_local_llm:
        builders["llm"] = lambda: _llm(settings, secrets, base, slots)
    builders["shop"] = lambda: _shop(settings, secrets, base)
    for name in _SERVICES:
        role = _SERVICES[name].role or name
        database = postgres.url(role) if role in ROLES else ""
        builders[name] = partial(_service, name, settings, common, environ, database)
    return [builders[name]() for name in builders if not only or name in only]


def health_urls(settings: LocalSettings) -> dict[str, str]:
    """Part → URL of its health check; empty for parts without HTTP."""
    urls = {
        "postgres": "",
        "redis": "",
        "livekit": f"http://{_HOST}:{settings.livekit_port}/",
        "triton": f"http://{_HOST}:{settings.triton_http_port}/v2/health/ready",
    }
    if settings.runs_local_llm:
        urls["llm"] = f"http://{_HOST}:{settings.llm_port}/health"
    urls["shop"] = f"{shop_url(settings.shop_port)}/readyz"
    return urls | {name: f"http://{_HOST}:{getattr(settings, f'{name}_ops_port')}/readyz" for name in _SERVICES}


def _common(settings: LocalSettings, secrets: Secrets, redis_url: str, slots: int) -> dict[str, str]:
    """Settings that several services read; each service gets only those it knows."""
    llm_key = secrets.password("llm") if settings.runs_local_llm else settings.llm_api_key.get_secret_value()
    addresses = {
        f"CALLBOX_{name.upper()}_ADDRESS": f"{_HOST}:{getattr(settings, f'{name}_port')}"
        for name in ("accounts", "characters", "sessions")
    }
    return addresses | {
        "CALLBOX_DATA_DIR": str(settings.folder),
        "CALLBOX_KEYS_DIR": str(secrets.keys_dir),
        # The supervisor reads the lines, and renders them in the format of the settings.
        "CALLBOX_LOG_FORMAT": "json",
        "CALLBOX_LOG_LEVEL": settings.log_level,
        "CALLBOX_DEBUG": str(settings.debug).lower(),
        "CALLBOX_DRAIN_SECONDS": str(_DRAIN_SECONDS),
        "CALLBOX_REDIS_URL": redis_url,
        "CALLBOX_LIVEKIT_PUBLIC_URL": f"ws://{_HOST}:{settings.livekit_port}",
        "CALLBOX_LIVEKIT_KEYS_FILE": str(secrets.livekit_keys_file),
        "CALLBOX_WEB_DIR": str(ROOT / "web" / "widget" / "dist"),
        "CALLBOX_TRITON_HOST": _HOST,
        "CALLBOX_TRITON_GRPC_PORT": str(settings.triton_grpc_port),
        "CALLBOX_TRITON_HTTP_PORT": str(settings.triton_http_port),
        "CALLBOX_TRITON_METRICS_PORT": str(settings.triton_metrics_port),
        "CALLBOX_TRITON_ADDRESS": f"{_HOST}:{settings.triton_grpc_port}",
        "CALLBOX_LLM_URL": settings.effective_llm_url,
        "CALLBOX_LLM_MODEL": settings.effective_llm_model,
        "CALLBOX_LLM_API_KEY": llm_key,
        "CALLBOX_SLOTS": str(slots),
    }


def _service(
    name: str, settings: LocalSettings, common: Mapping[str, str], environ: Mapping[str, str], database_url: str
) -> Part:
    place = _SERVICES[name]
    package = place.package or name
    wired = dict(common)
    wired["CALLBOX_OPS_LISTEN"] = f"{_HOST}:{getattr(settings, f'{name}_ops_port')}"
    wired["CALLBOX_LIVEKIT_URL"] = f"{'ws' if name == 'agent' else 'http'}://{_HOST}:{settings.livekit_port}"
    if place.port:
        host = settings.host if name == "gateway" else _HOST
        wired["CALLBOX_LISTEN"] = f"{host}:{getattr(settings, place.port)}"
    if database_url:
        wired["CALLBOX_DATABASE_URL"] = database_url
    if name in _SEND_TOOL_REQUESTS:
        wired[_OUTBOUND_ALLOW] = ",".join(filter(None, [environ.get(_OUTBOUND_ALLOW, ""), f"{SHOP_HOST}/32"]))
    return Part(
        name=name,
        argv=(sys.executable, "-m", f"services.{package}"),
        environ=service_environment(package, wired, environ),
        ready=http_probe(health_urls(settings)[name]),
        grace_seconds=place.grace_seconds,
        stage=place.stage,
    )


def _triton(settings: LocalSettings, environ: dict[str, str]) -> Part:
    return Part(
        name="triton",
        argv=(sys.executable, "-m", "services.inference"),
        environ=environ,
        ready=http_probe(health_urls(settings)["triton"]),
        # The supervisor kills the program that would remove it.
        clean_up=partial(sweep_shared_memory, settings.triton_grpc_port),
        grace_seconds=1.5,
        stage=1,
    )


def _llm(settings: LocalSettings, secrets: Secrets, environ: dict[str, str], slots: int) -> Part:
    try:
        settings.local_model.weights()
    except NoWeights as fault:
        raise NotReady(str(fault)) from None
    words = (settings.local_model.name, settings.llm_port, slots, settings.llm_threads, secrets.llm_key_file)
    return Part(
        name="llm",
        argv=(sys.executable, "-m", "deploy.local.llm", *map(str, words)),
        environ=environ,
        ready=http_probe(health_urls(settings)["llm"]),
        grace_seconds=1.5,
        stage=1,
    )


def _shop(settings: LocalSettings, secrets: Secrets, environ: dict[str, str]) -> Part:
    return Part(
        name="shop",
        argv=(sys.executable, "-m", "deploy.local.demo.shop", str(settings.shop_port), str(secrets.shop_secret_file)),
        environ=environ,
        ready=http_probe(health_urls(settings)["shop"]),
        grace_seconds=1.5,
        stage=1,
    )
