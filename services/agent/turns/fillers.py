"""Short lines that the caller hears while an answer is made. They never wait for the language model or an engine."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit import rtc

from services.agent.audio.bridge import BridgeOutput
from services.agent.metrics import spoken_lines
from services.agent.moments import Kind, ToolCalled, ToolStarted
from services.agent.speech.lines import pcm_frames
from services.agent.speech.phrases import Line
from services.agent.turns.wait_phrases import WaitPhrases
from services.kit.tasks import end

# Silence until the first filler, and after each until the next.
_SECONDS = 4.0
# Silence until the first filler if a tool runs, and after a tool that ended before it.
_TOOL_SECONDS = 1.2
# How long a tool runs before a filler: most tools have ended by then.
_TOOL_GRACE_SECONDS = 0.3
_LATER = (Line.STILL_BUSY, Line.ONE_MORE_SECOND)
_WAIT_PHRASE = "wait_phrase"
_log = structlog.get_logger(__name__)


class SpokenLines(Protocol):
    """The fixed lines of a call, in the language of the current character."""

    def text(self, line: Line) -> str:
        """The text of a line."""
        ...

    def frames(self, line: Line) -> AsyncIterator[rtc.AudioFrame]:
        """The line as audio; needs no engine."""
        ...


class Fillers:
    """The fillers of one call. lines, phrases: of the current character and of its tools.

    While a tool runs they are its phrases, as far as those are ready; else the first one suits the kind of the tool. No
    filler is the same as the one before it.
    """

    def __init__(self, lines: Callable[[], SpokenLines], phrases: Callable[[], WaitPhrases]) -> None:
        self._lines = lines
        self._phrases = phrases
        self._bridge: BridgeOutput | None = None
        self._running: dict[str, Kind] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._playing: asyncio.Task[None] | None = None
        self._waiting = False
        self._since = 0.0
        self._count = 0
        self._last = ""

    @property
    def seconds(self) -> float:
        """Silence until the first filler if no tool runs."""
        return _SECONDS

    def bridge_with(self, bridge: BridgeOutput) -> None:
        """Sets the output; without it there are no fillers."""
        self._bridge = bridge

    def tool_started(self, event: ToolStarted) -> None:
        """Lets the first filler come earlier while a tool runs."""
        self._running[event.call_id] = event.kind
        if self._waiting and not self._count:
            self._plan(max(self._since + _TOOL_SECONDS, _now() + _TOOL_GRACE_SECONDS))

    def tool_called(self, event: ToolCalled) -> None:
        """The tool has ended. Its answer gets time to be heard without a filler before it."""
        self._running.pop(event.call_id, None)
        if self._waiting and not self._count and not self._running:
            self._plan(_now() + _TOOL_SECONDS)

    def wait(self, since: float) -> None:
        """Plans fillers: the caller waits. since: when the silence began, by the clock of the event loop."""
        self._waiting, self._since, self._count = True, since, 0
        self._plan(max(since + _TOOL_SECONDS, _now()) if self._running else _now() + _SECONDS)

    def stop(self) -> None:
        """Plans no more: the caller hears something, speaks, or waits for nothing."""
        self._waiting = False
        if self._timer is not None:
            self._timer.cancel()

    def answer_the_caller(self) -> None:
        """Plays one at once if a tool runs: the caller has spoken, and its result is still to come."""
        if self._running:
            self._play((Line.ONE_MORE_SECOND, Line.STILL_BUSY))

    async def close(self) -> None:
        """Ends a filler that is playing."""
        self.stop()
        if self._playing is not None:
            await end(self._playing)

    def _plan(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._fill)

    def _fill(self) -> None:
        _log.warning("answer takes long", seconds=round(_now() - self._since, 1))
        first = Line.LOOKING_UP if pb.TOOL_KIND_KB in self._running.values() else Line.FILLER
        self._play(_LATER if self._count else (first, *_LATER))

    def _play(self, choices: Sequence[Line]) -> None:
        """Plays the tool's next phrase, or else the first of the lines that was not played last."""
        if self._bridge is None or (self._playing is not None and not self._playing.done()):
            return
        self._count += 1
        if (phrase := self._phrases().take(self._last)) is not None:
            self._last, audio = phrase
            label, frames = _WAIT_PHRASE, pcm_frames(audio, self._last)
        else:
            label = self._last = next(line for line in choices if line != self._last)
            frames = self._lines().frames(label)
        self._playing = asyncio.create_task(self._bridged(self._bridge, label, frames), name="filler")

    async def _bridged(self, bridge: BridgeOutput, label: str, frames: AsyncIterator[rtc.AudioFrame]) -> None:
        if await bridge.bridge(frames):
            spoken_lines.labels(label).inc()
        if self._waiting:
            self._plan(_now() + _SECONDS)


def _now() -> float:
    return asyncio.get_running_loop().time()
