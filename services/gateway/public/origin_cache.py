"""The door: pages that no later step would let in are turned away here, so that they cost next to nothing.

What a character allows is remembered for a moment. Who passes is judged again by characters from what it allows now, so
that a gate remembered wrongly can turn away a page for that moment, and let none in.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callbox.characters.v1 import gates_pb2 as pb

from services.gateway.public.visitor import origin_not_allowed
from services.kit.errors import CallboxError, Code, not_found
from services.kit.net.origins import is_allowed
from services.kit.rpc.client import call

if TYPE_CHECKING:
    from callbox.characters.v1.gates_pb2_grpc import GatesServiceAsyncStub

_WHAT = "The character"
# How long another gateway may go on turning away a page that was just listed here.
_REMEMBER_SECONDS = 1.0
_MAX_GATES = 10_000


@dataclass(frozen=True)
class _Known:
    """allowed_origins: None when there is no such character. until: on the monotonic clock."""

    allowed_origins: tuple[str, ...] | None
    until: float


class Gates:
    """Knows the gates of the characters that were asked for last. anywhere: origins are not looked at (debug)."""

    def __init__(
        self, stub: "GatesServiceAsyncStub", service_token: Callable[[], str], *, anywhere: bool = False
    ) -> None:
        self._stub = stub
        self._service_token = service_token
        self._anywhere = anywhere
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._forgotten = 0

    async def check(self, agent: str, origin: str, *, as_of_now: bool = False) -> None:
        """Returns when a page of `origin` may go on. as_of_now: what is remembered will not do.

        Raises: CallboxError `not_found`, `origin_not_allowed`, `upstream_unavailable`.
        """
        if self._anywhere:
            return
        known = self._known.get(agent)
        if known is None or as_of_now or time.monotonic() >= known.until:
            known = await self._read(agent)
        if known.allowed_origins is None:
            raise not_found(_WHAT)
        if not is_allowed(origin, known.allowed_origins):
            raise origin_not_allowed()

    def forget(self) -> None:
        """Forgets every gate, so that what was just changed here counts at once."""
        self._known.clear()
        self._forgotten += 1

    async def _read(self, agent: str) -> _Known:
        before = self._forgotten
        try:
            gate = await call(self._stub.GetGate, pb.GetGateRequest(agent=agent), identity=self._service_token())
            allowed: tuple[str, ...] | None = tuple(gate.allowed_origins)
        except CallboxError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            allowed = None
        known = _Known(allowed, time.monotonic() + _REMEMBER_SECONDS)
        # What was read before a change may be older than the change.
        if before == self._forgotten:
            self._known[agent] = known
            self._known.move_to_end(agent)
            if len(self._known) > _MAX_GATES:
                self._known.popitem(last=False)
        return known
