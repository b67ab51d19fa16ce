"""Work that a request starts and does not wait for."""

import asyncio
import contextvars
from collections.abc import Coroutine

from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.kit.tasks import end
from services.sessions.metrics import background_tasks_dropped

# With this many running, a new task is dropped: the reaper does the same work when it finds it undone.
_MAX_TASKS = 1_000
_log = get_logger(__name__)


class BackgroundTasks:
    """Owns background tasks; `close` cancels them and waits for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Coroutine[None, None, None]) -> None:
        """Runs `work` without the deadline of the request that starts it. what: its name in the log."""
        if len(self._tasks) >= _MAX_TASKS:
            work.close()
            background_tasks_dropped.inc()
            return
        task = asyncio.create_task(_guard(what, work), name=what, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancels all tasks and waits for them."""
        await end(*self._tasks)


async def _guard(what: str, work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except CallboxError as fault:
        _log.warning("background task failed; the reaper will do its work", what=what, fault=str(fault))
    except Exception:
        _log.exception("background task failed", what=what)
