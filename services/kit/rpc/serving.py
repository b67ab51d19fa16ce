"""Starts and stops the two listeners of a service, gRPC and HTTP, in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.kit.logs import get_logger
from services.kit.ops import HttpServer
from services.kit.rpc.server import Server

_log = get_logger(__name__)


@asynccontextmanager
async def serving(server: Server, full_name: str, ops: HttpServer, drain_seconds: float) -> AsyncIterator[None]:
    """Serves while the block runs, then drains. full_name: of the gRPC service, for health checks.

    ops: the operator's HTTP listener. It starts first and stops last, so that starting and draining can be observed.
    """
    await ops.start()
    try:
        await server.start([full_name])
        try:
            _log.info("serving", port=server.port, ops_port=ops.port)
            yield
            _log.info("draining", seconds=drain_seconds)
        finally:
            await server.stop(drain_seconds)
    finally:
        await ops.stop()
