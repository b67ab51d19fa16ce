"""Prevents silent turns: plays a filler when an answer takes long, and a failure line when none comes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import structlog
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from services.agent.audio.bridge import BridgeOutput
from services.agent.metrics import spoken_lines
from services.agent.speech.phrases import Line

_FILLER_SECONDS = 4.0
_log = structlog.get_logger(__name__)


class SpokenLines(Protocol):
    """The fixed lines of a call, in the language of the current character."""

    def text(self, line: Line) -> str:
        """The text of a line."""
        ...

    def frames(self, line: Line) -> AsyncIterator[rtc.AudioFrame]:
        """The line as audio; needs no engine."""
        ...


class TurnGuard:
    """Watches the time from the end of a caller's turn until the agent speaks.

    lines: of the current character. tell_fault: called with the code and a sentence when a turn fails.
    """

    def __init__(
        self,
        session: AgentSession[None],
        lines: Callable[[], SpokenLines],
        tell_fault: Callable[[str, str], object],
        max_turn_seconds: float,
    ) -> None:
        self._session = session
        self._lines = lines
        self._tell_fault = tell_fault
        self._bridge: BridgeOutput | None = None
        self._filler: asyncio.Task[bool] | None = None
        self._max_turn_seconds = max_turn_seconds
        self._timers: list[asyncio.TimerHandle] = []
        session.on("agent_state_changed", lambda event: self._on_state(event.new_state))

    def bridge_with(self, bridge: BridgeOutput) -> None:
        """Sets the output for fillers; without it there are no fillers."""
        self._bridge = bridge

    def turn_ended(self) -> None:
        """Starts the timers: the caller has finished and waits for an answer."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(_FILLER_SECONDS, self._fill),
            loop.call_later(self._max_turn_seconds, self.failed, "turn_timeout", "The answer took too long."),
        ]

    def stop(self) -> None:
        """Stops the timers."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    async def close(self) -> None:
        """Stops the timers and ends a filler that is playing."""
        self.stop()
        if self._filler is not None:
            self._filler.cancel()
            await asyncio.gather(self._filler, return_exceptions=True)

    def say(self, line: Line, *, interruptible: bool = True) -> SpeechHandle | None:
        """Speaks a fixed line; None when the call is over."""
        spoken_lines.labels(line).inc()
        try:
            return self._session.say(
                self._lines().text(line),
                audio=self._lines().frames(line),
                allow_interruptions=interruptible,
                add_to_chat_ctx=False,
            )
        except RuntimeError:
            _log.info("line not spoken, the call is over", line=line)
            return None

    def failed(self, code: str, message: str) -> None:
        """Handles a turn that cannot be answered: speaks the failure line and adds the error to the history."""
        self.stop()
        _log.warning("turn failed", code=code, message=message)
        self._tell_fault(code, message)
        self._session.interrupt(force=True)
        self.say(Line.TROUBLE)

    def _on_state(self, state: str) -> None:
        if state == "speaking":
            self.stop()

    def _fill(self) -> None:
        _log.warning("answer takes long", seconds=_FILLER_SECONDS)
        if self._bridge is None:
            return
        spoken_lines.labels(Line.FILLER).inc()
        filler = self._bridge.bridge(self._lines().frames(Line.FILLER))
        self._filler = asyncio.create_task(filler, name="filler")
