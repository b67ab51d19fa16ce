"""Checks the health of all speech endpoints. A new call then avoids the endpoints that do not answer.

A running call notices failures itself; these checks save the next call from repeating the failed attempts.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import Gauge

from services.agent.shared_state import SharedState
from services.agent.speech.wire.channel import Access, access_of, open_channel
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueError
from services.kit.logs import get_logger

_INTERVAL_SECONDS = 2.0
_ANSWER_SECONDS = 1.0
# An endpoint is away after this many missed answers in a row: a single one may be short overload.
_UNANSWERED_IN_A_ROW = 2
_AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
_log = get_logger(__name__)
_up = Gauge(
    "callbox_speech_endpoint_up", "1 where an endpoint answers.", ["pool", "endpoint"], multiprocess_mode="livemax"
)


class Health:
    """Checks every endpoint of the catalogue at regular intervals. own: the endpoint of pools that name none."""

    def __init__(self, catalogue: Callable[[], Catalogue], folder: Path, own: str, shared: SharedState) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._own = own
        self._shared = shared
        self._channels: dict[tuple[str, Access], grpc.aio.Channel] = {}
        self._unanswered: dict[tuple[str, str], int] = {}
        self._away: frozenset[str] = frozenset()
        shared.tell_endpoints_away(frozenset())

    async def run(self) -> None:
        """Checks until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(_INTERVAL_SECONDS)
        finally:
            await self.close()

    async def close(self) -> None:
        """Closes the channels."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))

    async def expect(self, pools: Collection[str]) -> None:
        """Raises: ConnectionError, if one of the pools has no endpoint that answers."""
        for name in pools:
            endpoints = self._endpoints(name)
            if not any(await asyncio.gather(*(self._answers(*endpoint) for endpoint in endpoints))):
                raise ConnectionError(f"no endpoint of the pool {name} answers")

    async def look(self) -> None:
        """Checks each endpoint once."""
        asked: list[tuple[str, str, Access]] = []
        for name in self._catalogue().pools:
            # A metadata file may be missing for a moment; that says nothing about the endpoints.
            with contextlib.suppress(CatalogueError):
                asked += [(name, address, access) for address, access in self._endpoints(name)]
        answers = await asyncio.gather(*(self._answers(address, access) for _, address, access in asked))
        unanswered: dict[tuple[str, str], int] = {}
        for (name, address, _), answered in zip(asked, answers, strict=True):
            unanswered[name, address] = 0 if answered else self._unanswered.get((name, address), 0) + 1
            _up.labels(name, address).set(answered)
        self._unanswered = unanswered
        self._tell(frozenset(address for (_, address), count in unanswered.items() if count >= _UNANSWERED_IN_A_ROW))

    def _tell(self, away: frozenset[str]) -> None:
        if away == self._away:
            return
        for address in away - self._away:
            _log.warning("endpoint does not answer", endpoint=address)
        for address in self._away - away:
            _log.info("endpoint answers again", endpoint=address)
        self._away = away
        self._shared.tell_endpoints_away(away)

    def _endpoints(self, name: str) -> list[tuple[str, Access]]:
        """The endpoints of a pool. Raises: CatalogueError."""
        pool = self._catalogue().pools[name]
        access = access_of(pool, self._folder)
        return [(address, access) for address in pool.endpoints or (self._own,)]

    async def _answers(self, address: str, access: Access) -> bool:
        key = address, access
        if key not in self._channels:
            self._channels[key] = open_channel(address, access)
        stub: Any = health_pb2_grpc.HealthStub(self._channels[key])  # the type stubs lack the methods
        try:
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS, metadata=access.metadata)
        except grpc.aio.AioRpcError as fault:
            # An endpoint without the health service has answered, too.
            return fault.code() not in _AWAY
        return True
