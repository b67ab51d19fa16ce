"""The operator's HTTP listener of a service: /healthz, /readyz, /metrics and the service's own routes."""

import asyncio
import math
import os
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services.kit import tasks
from services.kit.net.http_limits import BoundedHttpProtocol

_STOP_SECONDS = 3


class Note(str):
    """A message in /readyz that does not make the service unready."""


# Dependency → None if it works, a Note, or what is wrong with it.
Readiness = Callable[[], Awaitable[dict[str, str | None]]]


async def _always_ready() -> dict[str, str | None]:
    return {}


def ops_routes(readiness: Readiness = _always_ready) -> list[BaseRoute]:
    """The three routes that every service has."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        checks = await readiness()
        ready = all(fault is None or isinstance(fault, Note) for fault in checks.values())
        body = {"status": "ready" if ready else "not_ready", "checks": {k: v or "ok" for k, v in checks.items()}}
        return JSONResponse(body, 200 if ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _registry() -> CollectorRegistry:
    """The metrics of this process; of all its children, if PROMETHEUS_MULTIPROC_DIR names their common folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class HttpServer:
    """Serves an ASGI application on `host:port` until it is stopped. Signals are left to the process.

    drain_seconds: how long `stop` waits for open requests, rounded up to whole seconds.
    """

    def __init__(self, app: object, listen: str, drain_seconds: float = _STOP_SECONDS) -> None:
        host, _, port = listen.rpartition(":")
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]  # any ASGI application
            host=host,
            port=int(port),
            http=BoundedHttpProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            # The gateway itself decides which proxies it trusts.
            proxy_headers=False,
            timeout_graceful_shutdown=math.ceil(drain_seconds),
        )
        self._server = uvicorn.Server(config)
        self._listen = listen
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listens and serves.

        Raises: OSError if the address is taken.
        """
        self._server.config.load()
        self._server.lifespan = self._server.config.lifespan_class(self._server.config)
        try:
            await self._server.startup()
        except SystemExit:
            raise OSError(f"Cannot listen on {self._listen}; it is taken.") from None
        self._task = asyncio.create_task(self._server.main_loop(), name="http-server")

    async def stop(self) -> None:
        """Stops accepting connections, waits for open requests, and closes."""
        if self._task is not None:
            # The loop only sleeps and checks a flag: cancelling it is quicker than setting the flag.
            await tasks.end(self._task)
            await self._server.shutdown()


def ops_server(listen: str, readiness: Readiness = _always_ready, routes: Sequence[BaseRoute] = ()) -> HttpServer:
    """The operator's listener of a service."""
    return HttpServer(Starlette(routes=[*ops_routes(readiness), *routes]), listen)
