"""Decides when and why a call ends."""

import asyncio

from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import AgentSession

from services.agent.moments import Reason


class Ending:
    """Keeps the first reason to end a call. The call awaits `reason`; `stop` stops the timers."""

    def __init__(self) -> None:
        self.reason: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()
        self._idle_seconds = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._limit_timer: asyncio.TimerHandle | None = None

    def end(self, reason: Reason) -> None:
        """Ends the call for this reason, unless it has already ended."""
        if not self.reason.done():
            self.reason.set_result(reason)

    def limit_length(self, seconds: float) -> None:
        """Ends the call after `seconds`; 0 means never."""
        if seconds > 0:
            loop = asyncio.get_running_loop()
            self._limit_timer = loop.call_later(seconds, self.end, pb.END_REASON_MAX_CALL_SECONDS)

    def watch_silence(self, session: AgentSession[None], seconds: float) -> None:
        """Ends the call when neither side has spoken for `seconds`; 0 means never."""
        self._idle_seconds = seconds
        session.on("user_state_changed", lambda _: self.heard())
        session.on("agent_state_changed", lambda _: self.heard())
        self.heard()

    def heard(self) -> None:
        """Restarts the silence timer: the caller or the agent spoke or typed."""
        if self._idle_timer:
            self._idle_timer.cancel()
        if self._idle_seconds > 0:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(self._idle_seconds, self.end, pb.END_REASON_IDLE_TIMEOUT)

    def stop(self) -> None:
        """Stops the timers."""
        for timer in (self._idle_timer, self._limit_timer):
            if timer:
                timer.cancel()
        self._idle_seconds = 0.0
