"""Work that a request starts and does not wait for."""

import asyncio
import contextvars
from collections.abc import Coroutine

from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.kit.tasks import end
from services.sessions.metrics import chores_dropped

# One more than this is dropped: whatever a chore does, the reaper does too when it finds it undone.
_MAX = 1_000
_log = get_logger(__name__)


class Chores:
    """Owns background tasks; `close` cancels and awaits them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Coroutine[None, None, None]) -> None:
        """Runs `work` apart from the request that asked for it, without its deadline."""
        if len(self._tasks) >= _MAX:
            work.close()
            chores_dropped.inc()
            return
        task = asyncio.create_task(_guard(what, work), name=what, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Ends everything."""
        await end(*self._tasks)


async def _guard(what: str, work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except CallboxError as fault:
        _log.warning("left to the reaper", what=what, fault=str(fault))
    except Exception:
        _log.exception("chore failed", what=what)
