"""Whether this service could admit a call now."""

import asyncio
from collections.abc import Awaitable, Callable

from services.kit import database
from services.kit.database import Pool
from services.kit.errors import CallboxError
from services.kit.ops import Note
from services.sessions.livekit.rooms import Rooms
from services.sessions.redis_scripts import Scripts
from services.sessions.start.admission import Admission

# LiveKit lists every room when asked; once in this time is enough.
_LIVEKIT_SECONDS = 3.0


class Readiness:
    """Checks PostgreSQL, Redis and LiveKit, and notes how many slots there are."""

    def __init__(self, pool: Pool, scripts: Scripts, admission: Admission, rooms: Rooms) -> None:
        self._pool = pool
        self._scripts = scripts
        self._admission = admission
        self._rooms = rooms
        self._livekit: tuple[str | None, float] = (None, 0.0)

    async def check(self) -> dict[str, str | None]:
        """Each dependency and what is wrong with it; `workers` is told, not judged."""
        postgresql, redis, livekit = await asyncio.gather(
            database.check(self._pool), _fault(self._scripts.ping), self._check_livekit()
        )
        return {"postgresql": postgresql, "redis": redis, "livekit": livekit, "workers": await self._slots()}

    async def _check_livekit(self) -> str | None:
        fault, until = self._livekit
        now = asyncio.get_running_loop().time()
        if now >= until:
            fault = await _fault(self._rooms.all)
            self._livekit = (fault, now + _LIVEKIT_SECONDS)
        return fault

    async def _slots(self) -> Note:
        try:
            workers, total, busy = await self._admission.capacity()
        except CallboxError:
            return Note("unknown")
        if not workers:
            return Note("none; start one with python -m services.agent")
        return Note(f"{max(0, total - busy)} free of {total} slots, {workers} workers")


async def _fault(attempt: Callable[[], Awaitable[object]]) -> str | None:
    try:
        await attempt()
    except CallboxError as fault:
        return fault.message
    return None
