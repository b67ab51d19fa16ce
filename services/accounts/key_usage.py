"""Records when API keys were last used, in the background."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from services.kit.logs import get_logger
from services.kit.tasks import end

_INTERVAL_SECONDS = 1.0
_log = get_logger(__name__)

Write = Callable[[Mapping[str, datetime]], Awaitable[None]]


class KeyUsage:
    """Collects uses of keys and writes the latest of each at most once a second; use it as a context.

    Memory is bounded by the number of keys in the database: one time for each. A failed write is repeated with the next
    one. Uses that are not written yet are lost when the process dies.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: dict[str, datetime] = {}
        self._writing = asyncio.Lock()  # guards the order of writes
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="key-usage")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            await end(self._task)
        await self.flush()

    def record(self, key_id: str) -> None:
        """Notes that a key was used now."""
        self._waiting[key_id] = datetime.now(UTC)

    async def flush(self) -> None:
        """Writes the uses that are not written yet."""
        async with self._writing:
            batch, self._waiting = self._waiting, {}
            if not batch:
                return
            try:
                await self._write(batch)
            except Exception as fault:
                self._waiting = batch | self._waiting
                _log.warning("uses of API keys were not written; trying again", fault=repr(fault)[:200])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            await self.flush()
