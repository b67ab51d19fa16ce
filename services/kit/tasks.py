"""Ends background tasks for certain."""

import asyncio

from services.kit.logs import get_logger

_AGAIN_SECONDS = 0.5
_log = get_logger(__name__)


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks and waits until they have ended, whatever they raise.

    One that goes on is cancelled again: a library may lose a cancellation that comes in the same moment as what it
    waits for, as `asyncio.wait_for` does before Python 3.12.
    """
    for task in tasks:
        task.cancel()
    pending = set(tasks)
    while pending:
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_SECONDS)
        for task in pending:
            _log.warning("cancelled again", task=task.get_name(), at=str(task.get_stack(limit=1))[:200])
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
