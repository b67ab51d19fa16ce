"""Waits for tasks that run at the same time, and ends background tasks."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from services.kit.logs import get_logger

_AGAIN_SECONDS = 0.5
_log = get_logger(__name__)


_First = TypeVar("_First")
_Second = TypeVar("_Second")


async def in_parallel(first: Awaitable[_First], second: Awaitable[_Second]) -> tuple[_First, _Second]:
    """Waits until both have ended, and returns their results. Raises: the exception of the first one that has one."""
    results = await asyncio.gather(first, second, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results  # type: ignore[return-value]  # exceptions were raised above


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks and waits until all have ended; their exceptions are ignored.

    A task that goes on is cancelled again: a library may swallow a cancellation that arrives together with the result
    it waits for, as `asyncio.wait_for` does before Python 3.12.
    """
    for task in tasks:
        task.cancel()
    pending = set(tasks)
    while pending:
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_SECONDS)
        for task in pending:
            _log.warning(
                "a task ignored its cancellation and is cancelled again",
                task=task.get_name(),
                at=str(task.get_stack(limit=1))[:200],
            )
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
