"""What runs beside the conversation of a call, and what ends the call from outside."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.call.ending import Ending
from services.agent.end_requests import EndRequests
from services.agent.history.journal import Journal

_LOOK_SECONDS = 0.2
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def beside(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs coroutines as tasks while the `with` block runs. If one fails, the block is cancelled.

    Raises: an ExceptionGroup with the exceptions of the tasks and of the block.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def end_when_lost(journal: Journal, ending: Ending) -> None:
    """Ends the call when its history cannot be stored any more."""
    await journal.lost.wait()
    # Another worker that carries the call speaks with the caller now.
    ending.end(pb.END_REASON_ENDED_BY_API if journal.taken else pb.END_REASON_ERROR)


async def end_on_request(requests: EndRequests, job_id: str, ending: Ending) -> None:
    """Ends the call when the worker asks for it."""
    while not ending.reason.done():
        if reason := requests.reason(job_id):
            _log.info("the worker ends the call", reason=pb.EndReason.Name(reason))
            ending.end(reason)
        await asyncio.sleep(_LOOK_SECONDS)
