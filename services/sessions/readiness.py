"""Whether this service could admit a call now."""

import asyncio
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

from services.kit import database
from services.kit.database import Pool
from services.kit.errors import CallboxError
from services.kit.ops import Note
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.admission.redis_scripts import RedisScripts
from services.sessions.admission.slots import Admission

# The check makes LiveKit list every room, so its result is used again for this long.
_LIVEKIT_CACHE_SECONDS = 3.0
_LIVEKIT = "livekit"


class Readiness:
    """Checks PostgreSQL, Redis and LiveKit, and notes how many slots there are."""

    def __init__(self, pool: Pool, scripts: RedisScripts, admission: Admission, rooms: Rooms) -> None:
        self._pool = pool
        self._scripts = scripts
        self._admission = admission
        self._rooms = rooms
        loop = asyncio.get_running_loop()
        self._cache: TTLCache[str, str | None] = TTLCache(1, _LIVEKIT_CACHE_SECONDS, loop.time)

    async def check(self) -> dict[str, str | None]:
        """Each dependency and what is wrong with it. `workers` is a note that does not affect readiness."""
        postgresql, redis, livekit = await asyncio.gather(
            database.check(self._pool), _fault(self._scripts.ping), self._check_livekit()
        )
        return {"postgresql": postgresql, "redis": redis, _LIVEKIT: livekit, "workers": await self._slots()}

    async def _check_livekit(self) -> str | None:
        if _LIVEKIT not in self._cache:
            self._cache[_LIVEKIT] = fault = await _fault(self._rooms.all)
            return fault
        return self._cache.get(_LIVEKIT)

    async def _slots(self) -> Note:
        try:
            workers, total, busy = await self._admission.capacity()
        except CallboxError:
            return Note("unknown")
        if not workers:
            return Note("none; start one with python -m services.agent")
        return Note(f"{max(0, total - busy)} free of {total} slots, {workers} workers")


async def _fault(attempt: Callable[[], Awaitable[object]]) -> str | None:
    """The message of the error that an attempt ends with; None for success."""
    try:
        await attempt()
    except CallboxError as fault:
        return fault.message
    return None
