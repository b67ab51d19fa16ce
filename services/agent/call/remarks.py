"""Has the model say something by itself, as soon as nobody speaks."""

import asyncio

import structlog
from livekit.agents import AgentSession
from livekit.agents.voice.agent_activity import ActivityClosedError

from services.agent.moments import Moments
from services.kit.tasks import end

# Longest wait for a moment in which nobody speaks.
_QUIET_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class Remarks:
    """One remark waits at most: a newer one replaces it.

    If the caller begins a turn first, its answer is enough: the model knows the same.
    """

    def __init__(self, session: AgentSession[None]) -> None:
        self._session = session
        self._waiting: asyncio.Task[None] | None = None

    def listen(self, moments: Moments) -> None:
        """Registers its handlers at the moments of a call."""
        moments.turn_began.add(lambda _: self._drop())

    def make(self, about: str) -> None:
        """Makes a remark. about: instructions for it."""
        self._drop()
        self._waiting = asyncio.create_task(self._make_when_quiet(about), name="remark")

    async def close(self) -> None:
        """Drops a remark that waits."""
        if self._waiting is not None:
            await end(self._waiting)

    async def _make_when_quiet(self, about: str) -> None:
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                await self._session.wait_for_idle()
            self._session.generate_reply(instructions=about)
        except (TimeoutError, RuntimeError, ActivityClosedError) as fault:
            _log.info("a remark was not made", fault=repr(fault))

    def _drop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
