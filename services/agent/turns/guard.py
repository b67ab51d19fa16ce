"""Prevents silent turns: plays a filler when an answer takes long, and a failure line when none comes."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import structlog
from livekit import rtc
from livekit.agents import AgentSession, SpeechCreatedEvent, llm
from livekit.agents.voice import SpeechHandle

from services.agent.audio.bridge import BridgeOutput
from services.agent.metrics import spoken_lines
from services.agent.speech.phrases import Line

_FILLER_SECONDS = 4.0
_MAX_REMEMBERED_LINES = 8
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

    The timers stop while the caller speaks again. lines: of the current character. tell_fault: called with the code and
    a sentence when a turn fails.
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
        self._deadline = 0.0
        self._waiting = False
        self._timers: list[asyncio.TimerHandle] = []
        self._said: deque[SpeechHandle] = deque(maxlen=_MAX_REMEMBERED_LINES)
        session.on("agent_state_changed", lambda event: self._on_agent_state(event.new_state))
        session.on("user_state_changed", lambda event: self._on_user_state(event.new_state))
        session.on("speech_created", self._on_speech)

    def bridge_with(self, bridge: BridgeOutput) -> None:
        """Sets the output for fillers; without it there are no fillers."""
        self._bridge = bridge

    def turn_ended(self) -> None:
        """Starts the timers: the caller has finished and waits for an answer."""
        self._deadline = asyncio.get_running_loop().time() + self._max_turn_seconds
        self._wait()

    def stop(self) -> None:
        """Stops the timers: the caller waits for nothing."""
        self._waiting = False
        self._stop_timers()

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
            speech = self._session.say(
                self._lines().text(line), audio=self._lines().frames(line), allow_interruptions=interruptible
            )
        except RuntimeError:
            _log.info("line not spoken, the call is over", line=line)
            return None
        self._said.append(speech)
        return speech

    def has_said(self, item: llm.ChatMessage) -> bool:
        """Whether a message of the agent is a fixed line."""
        return any(said.id == item.id for speech in self._said for said in speech.chat_items)

    def failed(self, code: str, message: str) -> None:
        """Handles a turn that cannot be answered: speaks the failure line and adds the error to the history."""
        self.stop()
        _log.warning("turn failed", code=code, message=message)
        self._tell_fault(code, message)
        self._session.interrupt(force=True)
        self.say(Line.TROUBLE)

    def _wait(self) -> None:
        self._waiting = True
        self._stop_timers()
        if self._session.user_state == "speaking":
            return  # they start when the caller is silent
        loop = asyncio.get_running_loop()
        filler_at = loop.time() + _FILLER_SECONDS
        self._timers = [
            loop.call_at(filler_at, self._fill),
            # After a noise of the caller, the answer still gets the time until a filler.
            loop.call_at(max(self._deadline, filler_at), self.failed, "turn_timeout", "The answer took too long."),
        ]

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    def _on_agent_state(self, state: str) -> None:
        if state == "speaking":
            self.stop()
        elif state == "thinking" and not self._waiting and self._deadline:
            # The agent has called a tool and still owes the rest of its answer.
            self._wait()

    def _on_user_state(self, state: str) -> None:
        if not self._waiting:
            return
        if state == "speaking":
            self._stop_timers()
        else:
            self._wait()

    def _on_speech(self, event: SpeechCreatedEvent) -> None:
        if event.source == "generate_reply":
            event.speech_handle.add_done_callback(self._on_reply_done)

    def _on_reply_done(self, reply: SpeechHandle) -> None:
        """Handles a reply that ended without a sound. A reply that was interrupted is followed by another."""
        if self._waiting and not reply.interrupted:
            self.failed("empty_answer", "The language model gave an answer without words.")

    def _fill(self) -> None:
        _log.warning("answer takes long", seconds=_FILLER_SECONDS)
        if self._bridge is None:
            return
        spoken_lines.labels(Line.FILLER).inc()
        filler = self._bridge.bridge(self._lines().frames(Line.FILLER))
        self._filler = asyncio.create_task(filler, name="filler")
