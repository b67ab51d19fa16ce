"""No turn ends in silence: a filler when an answer takes long, a failure line when none comes."""

import asyncio

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import AgentSession
from livekit.agents.voice import SpeechHandle

from services.agent.audio.spoken import SpokenOutput
from services.agent.history.journal import Journal
from services.agent.metrics import spoken_lines
from services.agent.speech.lines import Lines
from services.agent.speech.phrases import Line

_FILLER_SECONDS = 4.0
_log = structlog.get_logger(__name__)


class TurnGuard:
    """Watches from the end of a caller's turn until the agent speaks."""

    def __init__(
        self,
        session: AgentSession[None],
        lines: Lines,
        journal: Journal,
        max_turn_seconds: float,
    ) -> None:
        self._session = session
        self._lines = lines
        self._output: SpokenOutput | None = None
        self._filler: asyncio.Task[bool] | None = None
        self._max_turn_seconds = max_turn_seconds
        self._journal = journal
        self._timers: list[asyncio.TimerHandle] = []
        session.on("agent_state_changed", lambda event: self._on_state(event.new_state))

    def bridge_with(self, output: SpokenOutput) -> None:
        """Says where a filler is played."""
        self._output = output

    def turn_ended(self) -> None:
        """The caller has finished and waits for an answer."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(_FILLER_SECONDS, self._fill),
            loop.call_later(self._max_turn_seconds, self.failed, "turn_timeout", "The answer took too long."),
        ]

    def stop(self) -> None:
        """Nothing is waited for any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    async def close(self) -> None:
        """Ends the watching."""
        self.stop()
        if self._filler is not None:
            self._filler.cancel()
            await asyncio.gather(self._filler, return_exceptions=True)

    def say(self, line: Line, *, interruptible: bool = True) -> SpeechHandle | None:
        """Speaks a line without any engine; None when the call is over."""
        spoken_lines.labels(line).inc()
        try:
            return self._session.say(
                self._lines.text(line),
                audio=self._lines.frames(line),
                allow_interruptions=interruptible,
                add_to_chat_ctx=False,
            )
        except RuntimeError:
            _log.info("line not spoken, the call is over", line=line)
            return None

    def _on_state(self, state: str) -> None:
        if state == "speaking":
            self.stop()

    def _fill(self) -> None:
        _log.warning("answer takes long", seconds=_FILLER_SECONDS)
        spoken_lines.labels(Line.FILLER).inc()
        assert self._output is not None
        self._filler = asyncio.create_task(self._output.bridge(self._lines.frames(Line.FILLER)), name="filler")

    def failed(self, code: str, message: str) -> None:
        """This turn cannot be answered: says so, aloud and in the history."""
        self.stop()
        _log.warning("turn failed", code=code, message=message)
        self._journal.add(pb.SessionEvent(error=pb.ErrorEvent(code=code, message=message)))
        self._session.interrupt(force=True)
        self.say(Line.TROUBLE)
