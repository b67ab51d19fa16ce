"""Counts the turns that no answer was heard in."""

import asyncio
from collections.abc import Callable

import structlog
from livekit.agents import AgentSession
from livekit.agents.voice.events import ToolExecutionUpdatedEvent, ToolReplyUpdated

from services.agent.metrics import silent_turns

# From a fault to the first sound of its failure line.
_MARGIN_SECONDS = 2.5
# What is logged with each.
SILENT_TURN = "the caller got no answer"
_log = structlog.get_logger(__name__)


class SilenceWatch:
    """Counts silent turns in `callbox_silent_turns_total`. It only counts: the guard prevents them.

    A turn is silent if nothing of an answer or a failure line is heard within `max_turn_seconds` + 2.5 s. The time
    begins when the caller's turn ends, and again when the agent thinks after a tool. It begins anew each time the
    caller stops speaking. A filler is not an answer. A turn is not counted if the next turn begins or the call ends
    before its time is up. The reply to a late result of a tool may be empty: then the caller waits for nothing.

    max_turn_seconds: of the current character.
    """

    def __init__(self, session: AgentSession[None], max_turn_seconds: Callable[[], float]) -> None:
        self._session = session
        self._max_turn_seconds = max_turn_seconds
        self._waiting = False
        self._had_turn = False
        self._timer: asyncio.TimerHandle | None = None
        session.on("agent_state_changed", lambda event: self._on_agent_state(event.new_state))
        session.on("user_state_changed", lambda _: self._start_timer())
        session.on("tool_execution_updated", self._on_tool_update)

    def turn_ended(self) -> None:
        """The caller has finished and waits for an answer."""
        self._had_turn = self._waiting = True
        self._start_timer()

    def heard(self) -> None:
        """The caller hears the beginning of an answer or of a failure line."""
        self._waiting = False
        self._start_timer()

    def close(self) -> None:
        """Stops: the call is over."""
        self._had_turn = self._waiting = False
        self._start_timer()

    def _on_agent_state(self, state: str) -> None:
        if state == "thinking" and self._had_turn and not self._waiting:
            self.turn_ended()

    def _on_tool_update(self, event: ToolExecutionUpdatedEvent) -> None:
        if isinstance(event.update, ToolReplyUpdated) and event.update.status == "skipped":
            self.heard()

    def _start_timer(self) -> None:
        """Starts the time anew if the caller waits and is silent; else stops it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and self._session.user_state != "speaking":
            seconds = self._max_turn_seconds() + _MARGIN_SECONDS
            self._timer = asyncio.get_running_loop().call_later(seconds, self._count, seconds)

    def _count(self, seconds: float) -> None:
        self._waiting = False
        silent_turns.inc()
        _log.error(SILENT_TURN, seconds=seconds)
