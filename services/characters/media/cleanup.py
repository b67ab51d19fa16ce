"""Deletes files that no character uses any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.characters.media.store import MediaStore
from services.kit import tasks
from services.kit.database import is_outage
from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger

_BATCH = 100
_log = get_logger(__name__)


class MediaCleanup:
    """Runs every `interval_seconds`, and at once after `request`."""

    def __init__(self, media: MediaStore, interval_seconds: float) -> None:
        self._media = media
        self._interval_seconds = interval_seconds
        self._requested = asyncio.Event()

    def request(self) -> None:
        """Starts a run as soon as the one under way is done."""
        self._requested.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs as long as the block does."""
        task = asyncio.create_task(self._run(), name="media-cleanup")
        try:
            yield
        finally:
            await tasks.end(task)

    async def _run(self) -> None:
        while True:
            self._requested.clear()
            try:
                while deleted := await self._media.delete_unused(_BATCH):
                    _log.info("unused files were deleted", files=deleted)
            except Exception as fault:
                # The next run finds the same files.
                is_away = is_outage(fault) or (
                    isinstance(fault, CallboxError) and fault.code is Code.UPSTREAM_UNAVAILABLE
                )
                _log.warning("could not delete unused files", fault=repr(fault)[:200], exc_info=not is_away)
            try:
                async with asyncio.timeout(self._interval_seconds):
                    await self._requested.wait()
            except TimeoutError:
                continue
