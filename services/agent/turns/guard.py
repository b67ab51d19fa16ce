"""Prevents silent turns: plays a filler when an answer takes long, and a failure line when none comes."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

import structlog
from livekit.agents import AgentSession, SpeechCreatedEvent, llm
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.events import ToolExecutionUpdatedEvent, ToolReplyUpdated

from services.agent.audio.bridge import BridgeOutput
from services.agent.metrics import spoken_lines
from services.agent.moments import ToolCalled, ToolStarted, TurnBegan
from services.agent.speech.phrases import Line
from services.agent.turns.fillers import Fillers, SpokenLines
from services.agent.turns.wait_phrases import WaitPhrases

_MAX_REMEMBERED_LINES = 8
_log = structlog.get_logger(__name__)


class TurnGuard:
    """Watches the time from the end of a caller's turn, or from a tool's result, until the caller hears the agent.

    The timers stop while the caller speaks again. lines, phrases, max_turn_seconds: of the current character.
    tell_fault: called with the code and a sentence when a turn fails.
    """

    def __init__(
        self,
        session: AgentSession[None],
        lines: Callable[[], SpokenLines],
        phrases: Callable[[], WaitPhrases],
        tell_fault: Callable[[str, str], object],
        max_turn_seconds: Callable[[], float],
    ) -> None:
        self._session = session
        self._lines = lines
        self._tell_fault = tell_fault
        self._fillers = Fillers(lines, phrases)
        self._max_turn_seconds = max_turn_seconds
        self._deadline = 0.0
        self._waiting = False
        self._timer: asyncio.TimerHandle | None = None
        self._said: deque[SpeechHandle] = deque(maxlen=_MAX_REMEMBERED_LINES)
        self._may_be_empty: deque[str] = deque(maxlen=_MAX_REMEMBERED_LINES)
        session.on("agent_state_changed", lambda event: self._on_agent_state(event.new_state))
        session.on("user_state_changed", lambda event: self._on_user_state(event.new_state))
        session.on("speech_created", self._on_speech)
        session.on("tool_execution_updated", self._on_tool_update)

    def bridge_with(self, bridge: BridgeOutput) -> None:
        """Sets the output for fillers; without it there are no fillers."""
        self._fillers.bridge_with(bridge)

    def turn_ended(self, event: TurnBegan) -> None:
        """Starts the timers: the caller has finished and waits for an answer."""
        now = asyncio.get_running_loop().time()
        self._deadline = now + self._max_turn_seconds()
        stopped = event.metrics.get("stopped_speaking_at")
        self._wait(now - max(0.0, time.time() - stopped) if stopped else now)
        self._fillers.answer_the_caller()

    def tool_started(self, event: ToolStarted) -> None:
        """Notes that a tool runs: the caller hears so early."""
        self._fillers.tool_started(event)

    def tool_called(self, event: ToolCalled) -> None:
        """Notes that a tool has ended."""
        self._fillers.tool_called(event)

    def heard(self) -> None:
        """Stops the timers: the caller hears an answer. The agent's state tells less: it can be without a sound."""
        self.stop()

    def stop(self) -> None:
        """Stops the timers: the caller waits for nothing."""
        self._waiting = False
        self._stop_timers()

    async def close(self) -> None:
        """Stops the timers and ends a filler that is playing."""
        self.stop()
        await self._fillers.close()

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

    def may_end_empty(self, reply: SpeechHandle) -> None:
        """Allows a reply to end without any more words."""
        self._may_be_empty.append(reply.id)

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

    def _wait(self, since: float | None = None) -> None:
        """Starts the timers, unless the caller speaks. since: when the silence began; None for now."""
        self._waiting = True
        self._stop_timers()
        if self._session.user_state == "speaking":
            return  # they start when the caller is silent
        loop = asyncio.get_running_loop()
        # After a noise of the caller, the answer still gets the time until a filler.
        until = max(self._deadline, loop.time() + self._fillers.seconds)
        self._timer = loop.call_at(until, self.failed, "turn_timeout", "The answer took too long.")
        self._fillers.wait(loop.time() if since is None else since)

    def _stop_timers(self) -> None:
        self._fillers.stop()
        if self._timer is not None:
            self._timer.cancel()

    def _on_agent_state(self, state: str) -> None:
        if state == "thinking" and not self._waiting and self._deadline:
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
        if not self._waiting or reply.interrupted:
            return
        if reply.id in self._may_be_empty:
            self.stop()
        else:
            self.failed("empty_answer", "The language model gave an answer without words.")

    def _on_tool_update(self, event: ToolExecutionUpdatedEvent) -> None:
        """Notes a reply to a late result of a tool. It may be empty: then the result has nothing new."""
        if isinstance(event.update, ToolReplyUpdated) and event.update.speech_id:
            self._may_be_empty.append(event.update.speech_id)
