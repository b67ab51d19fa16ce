"""Takes away files that no character names any more, now and then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.characters.media.store import Shelf
from services.kit import tasks
from services.kit.database import is_outage
from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger

_BATCH = 100
_log = get_logger(__name__)


class Sweeper:
    """Sweeps every `every_seconds`, and at once when it is woken."""

    def __init__(self, shelf: Shelf, every_seconds: float) -> None:
        self._shelf = shelf
        self._every_seconds = every_seconds
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Says that there may be something to take away."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweeps while the block runs."""
        task = asyncio.create_task(self._run(), name="media-sweeper")
        try:
            yield
        finally:
            await tasks.end(task)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                while taken := await self._shelf.sweep(_BATCH):
                    _log.info("files that nothing names were deleted", files=taken)
            except Exception as fault:
                # It is all found again the next time.
                away = is_outage(fault) or (isinstance(fault, CallboxError) and fault.code is Code.UPSTREAM_UNAVAILABLE)
                _log.warning("could not sweep", fault=repr(fault)[:200], exc_info=not away)
            try:
                async with asyncio.timeout(self._every_seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue
