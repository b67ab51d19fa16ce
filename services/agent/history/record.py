"""The record of one call and the tasks that send it to sessions. It outlives the call itself."""

import asyncio

import grpc
import structlog
from callbox.sessions.v1 import live_pb2_grpc, sessions_pb2_grpc

from services.agent.history.journal import Journal
from services.agent.history.live import Live
from services.kit import tasks
from services.kit.identity import Signer

# If sessions is down when a call ends, its history waits this long.
KEEP_SECONDS = 120.0
_log = structlog.get_logger(__name__)


class Record:
    """The journal and the live state of a call. Owns the tasks that send both.

    `close` must run as a shutdown callback of the job: livekit-agents cancels the entry point of a job 15 s after its
    room is gone, but waits for the callbacks.
    """

    def __init__(
        self, channel: grpc.aio.Channel, signer: Signer, session_id: str, worker_id: str, last_sequence: int
    ) -> None:
        sessions, live = sessions_pb2_grpc.SessionsServiceStub(channel), live_pb2_grpc.LiveServiceStub(channel)
        self.journal = Journal(sessions, signer, session_id, worker_id, last_sequence)
        self.live = Live(live, signer, session_id, worker_id)
        self._tasks = [
            asyncio.create_task(self.journal.run(), name="journal"),
            asyncio.create_task(self.live.run(), name="live"),
        ]
        for task in self._tasks:
            task.add_done_callback(_tell)

    async def close(self) -> None:
        """Waits until sessions has stored all events, for at most `KEEP_SECONDS`, and ends the tasks."""
        await self.journal.drain(KEEP_SECONDS)
        await tasks.end(*self._tasks)


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        _log.error("a part of the record failed", part=task.get_name(), exc_info=fault)
