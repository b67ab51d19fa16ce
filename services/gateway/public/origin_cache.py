"""Refuses pages whose origin a character does not list, at the cost of a look into a cache.

The gateway caches the allowed origins of each character for a second. The characters service checks every request that
passes against the current list. A stale entry can therefore refuse a page for a second, and can admit none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache
from callbox.characters.v1 import gates_pb2 as pb

from services.gateway.public.visitor_tokens import origin_not_allowed
from services.kit.errors import CallboxError, Code, not_found
from services.kit.net.origins import is_allowed
from services.kit.rpc.client import call

if TYPE_CHECKING:
    from callbox.characters.v1.gates_pb2_grpc import GatesServiceAsyncStub

_WHAT = "The character"
# How long another gateway may go on refusing a page that was just added to the list through this one.
_TTL_SECONDS = 1.0
_MAX_CHARACTERS = 10_000


@dataclass(frozen=True)
class _Known:
    """allowed_origins: None when there is no such character."""

    allowed_origins: tuple[str, ...] | None


class OriginCache:
    """Allowed origins of the characters that were asked for last. allow_any_origin: skips the check (debug)."""

    def __init__(
        self, stub: "GatesServiceAsyncStub", service_token: Callable[[], str], *, allow_any_origin: bool = False
    ) -> None:
        self._stub = stub
        self._service_token = service_token
        self._allow_any_origin = allow_any_origin
        self._known: TTLCache[str, _Known] = TTLCache(_MAX_CHARACTERS, _TTL_SECONDS)
        self._generation = 0

    async def check(self, agent: str, origin: str, *, fresh: bool = False) -> None:
        """Returns when the character allows pages of `origin`. fresh: asks the characters service in any case.

        Raises: CallboxError `not_found`, `origin_not_allowed`, `upstream_unavailable`.
        """
        if self._allow_any_origin:
            return
        known = None if fresh else self._known.get(agent)
        if known is None:
            known = await self._read(agent)
        if known.allowed_origins is None:
            raise not_found(_WHAT)
        if not is_allowed(origin, known.allowed_origins):
            raise origin_not_allowed()

    def clear(self) -> None:
        """Empties the cache, so that a change made through this gateway counts at once."""
        self._known.clear()
        self._generation += 1

    async def _read(self, agent: str) -> _Known:
        generation = self._generation
        try:
            gate = await call(self._stub.GetGate, pb.GetGateRequest(agent=agent), identity=self._service_token())
            allowed: tuple[str, ...] | None = tuple(gate.allowed_origins)
        except CallboxError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            allowed = None
        known = _Known(allowed)
        # An answer that was asked for before the last `clear` may be older than the change.
        if generation == self._generation:
            self._known[agent] = known
        return known
