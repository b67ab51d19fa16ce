"""Starts the jobs of calls that sessions gives to this worker."""

import asyncio
import secrets
from datetime import timedelta
from typing import NamedTuple

from cachetools import TTLCache
from livekit import api
from livekit.agents import AgentServer
from livekit.protocol.models import Room

from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.kit.tasks import end

# Long enough for every repetition of a request.
_REMEMBERED_SECONDS = 60.0
_MAX_REMEMBERED = 10_000
_TOKEN_LIFE = timedelta(hours=1)
_RETRY_SECONDS = 1
_log = get_logger(__name__)


class Job(NamedTuple):
    """A job that runs in a process of its own. A call that comes back to this worker gets a new one."""

    job_id: str
    session_id: str


class Jobs:
    """The jobs of a worker. server: runs them, without a connection to LiveKit of its own.

    key, secret: of LiveKit. most_starting: further jobs are refused while so many wait for their process.
    """

    def __init__(self, server: AgentServer, key: str, secret: str, most_starting: int) -> None:
        self._server = server
        self._key, self._secret = key, secret
        self._most_starting = most_starting
        self._seen: TTLCache[str, None] = TTLCache(_MAX_REMEMBERED, _REMEMBERED_SECONDS)
        self._starting: dict[asyncio.Task[None], str] = {}
        self._refuses = False

    @property
    def running(self) -> list[Job]:
        """The jobs that have a process."""
        return [Job(job.job.id, job.job.room.metadata) for job in self._server.active_jobs]

    @property
    def session_ids(self) -> list[str]:
        """The sessions of all jobs, also of those that wait for their process; each once."""
        return list(dict.fromkeys([*(job.session_id for job in self.running), *self._starting.values()]))

    def take(self, session_id: str, room_name: str, dispatch_id: str) -> None:
        """Starts a job in the background. A dispatch that was taken before is passed over.

        Raises: CallboxError `at_capacity` while the worker drains, or when too many jobs wait for their process.
        """
        if dispatch_id in self._seen:
            return
        if self._refuses or len(self._starting) >= self._most_starting:
            reason = "is about to stop" if self._refuses else "has too many jobs that wait to start"
            raise CallboxError(Code.AT_CAPACITY, f"This worker {reason}.", retry_after_seconds=_RETRY_SECONDS)
        self._seen[dispatch_id] = None
        task = asyncio.create_task(self._start(session_id, room_name), name="start job")
        self._starting[task] = session_id
        task.add_done_callback(self._starting.pop)

    async def drain(self, seconds: int) -> None:
        """Refuses further jobs and waits until the present ones are over. Raises: TimeoutError after `seconds`."""
        self._refuses = True
        async with asyncio.timeout(seconds):
            # The server keeps its lock while it drains; a job that starts needs it.
            await asyncio.gather(*self._starting)
            await self._server.drain(timeout=seconds)

    async def close(self) -> None:
        """Gives up the jobs that wait for their process."""
        self._refuses = True
        await end(*self._starting)

    async def _start(self, session_id: str, room_name: str) -> None:
        try:
            await self._server.simulate_job(
                room_name,
                # The job finds its session here; LiveKit's own room has no metadata.
                room_info=Room(name=room_name, metadata=session_id),
                token=agent_token(self._key, self._secret, room_name),
            )
        except Exception as fault:
            # Sessions gives the call to another worker when nobody claims it.
            _log.exception("the job did not start", session_id=session_id, fault=repr(fault))


def agent_token(key: str, secret: str, room: str) -> str:
    """A token with which one agent joins one room."""
    grants = api.VideoGrants(room_join=True, room=room, agent=True, can_update_own_metadata=True)
    token = api.AccessToken(key, secret).with_identity(f"agent-{secrets.token_hex(6)}").with_kind("agent")
    return token.with_grants(grants).with_ttl(_TOKEN_LIFE).to_jwt()
