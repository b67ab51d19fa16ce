"""Tells the caller why the agent leaves, where the caller cannot know."""

import asyncio
import contextlib
from collections.abc import Callable

from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import AgentSession

from services.agent.call.ports import Clients
from services.agent.client.messages import Error
from services.agent.moments import Reason
from services.agent.speech.phrases import Line
from services.agent.turns.fillers import SpokenLines
from services.agent.turns.guard import TurnGuard

_SPOKEN_SECONDS = 6.0
_PUBLISH_SECONDS = 1.0
# The room is deleted when the call ends, and LiveKit does not tell when a message has arrived.
_ARRIVAL_SECONDS = 0.3
_SPOKEN = {pb.END_REASON_MAX_CALL_SECONDS: Line.TIME_IS_UP, pb.END_REASON_IDLE_TIMEOUT: Line.STILL_THERE}
_WRITTEN = {
    pb.END_REASON_ERROR: "The agent has lost its connection; start a new call.",
    pb.END_REASON_AGENT_LOST: "The agent had to stop; start a new call.",
}


class Farewell:
    """The last words of one call. lines: of the current character."""

    def __init__(
        self, session: AgentSession[None], guard: TurnGuard, clients: Clients, lines: Callable[[], SpokenLines]
    ) -> None:
        self._session = session
        self._guard = guard
        self._clients = clients
        self._lines = lines

    async def say(self, reason: Reason) -> None:
        """Speaks a fixed line where there is one for the reason, and sends a message that says why."""
        if line := _SPOKEN.get(reason):
            self._session.interrupt(force=True)
            if speech := self._guard.say(line, interruptible=False):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_SPOKEN_SECONDS):
                        await speech.wait_for_playout()
        if message := self._lines().text(line) if line else _WRITTEN.get(reason):
            code = pb.EndReason.Name(reason).removeprefix("END_REASON_").lower()
            self._clients.send(Error(code=code, message=message))
            await self._clients.drain(_PUBLISH_SECONDS)
            await asyncio.sleep(_ARRIVAL_SECONDS)
