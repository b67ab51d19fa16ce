"""Runs many scripted calls at once and records their turns."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from caller.caller import Caller, NoAnswer
from caller.connection import JoinFailed
from caller.session import Refused, Sessions
from caller.speech import Line
from caller.turn import Turn
from caller.waveform import Segment

# A voice pauses at most half of this between sentences; a longer silence means that the engine was late.
UNDER_RUN_SECONDS = 0.6
# Pause of a caller between an answer and the next question.
THINK_SECONDS = 1.0
# Spreads the start of calls, and with it their questions.
STAGGER_SECONDS = 0.4
LEAVE_SECONDS = 10.0


@dataclass(frozen=True)
class Answered:
    """One turn of one call. ended: unix seconds. under_runs: unintended gaps inside the answer."""

    turn: Turn
    ended: float
    under_runs: int


@dataclass
class Observed:
    """What happened in `calls` calls during `seconds`.

    overdue_ms: waiting times of callers who had no answer at the end. lost: reasons of calls that ended by themselves.
    """

    calls: int
    seconds: float
    answered: list[Answered] = field(default_factory=list)
    overdue_ms: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def waits_ms(self) -> list[float]:
        """Voice-to-voice latency of every turn; a turn without an answer counts with its waiting time."""
        whole = (each.turn.voice_to_voice_ms for each in self.answered)
        return [*(ms for ms in whole if ms is not None), *self.overdue_ms]

    @property
    def under_runs(self) -> int:
        """Unintended gaps inside answers."""
        return sum(each.under_runs for each in self.answered)


def under_runs(segments: Sequence[Segment], spoken: Segment) -> int:
    """Number of gaps in the answer to `spoken`. segments: of the agent's sound, in order."""
    answer = [each for each in segments if each.start > spoken.end]
    return sum(after.start - before.end > UNDER_RUN_SECONDS for before, after in itertools.pairwise(answer))


class _Call:
    """One call: asks one question after the other until `leave`."""

    def __init__(self, sessions: Sessions, character: str, lines: Sequence[Line], place: int) -> None:
        self._sessions = sessions
        self._character = character
        self._lines = [*lines[place % len(lines) :], *lines[: place % len(lines)]]
        self._delay = STAGGER_SECONDS * (place % 4)
        self._caller: Caller | None = None
        self.answered: list[Answered] = []
        self.lost = ""
        self._waiting_since: float | None = None
        self.greeted = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=f"call-{place}")

    def waited_ms(self, now: float) -> float | None:
        """How long the caller has waited for an answer that has not begun; None if it waits for none."""
        caller, since = self._caller, self._waiting_since
        if caller is None or since is None or not caller.uplink.sent.segments or caller.uplink.sent.sounding:
            return None
        end = caller.uplink.sent.segments[-1].end
        if end < since or caller.downlink.received.after(end) is not None:
            return None
        return (now - end) * 1000.0

    async def _run(self) -> None:
        try:
            await asyncio.sleep(self._delay)
            grant = await self._sessions.start(self._character)
            async with Caller(grant) as caller:
                self._caller = caller
                await caller.greeting()
                self.greeted.set()
                for line in itertools.cycle(self._lines):
                    await asyncio.sleep(THINK_SECONDS)
                    self._waiting_since = time.time()
                    turn = await caller.say(line)
                    self._waiting_since = None
                    gaps = under_runs(caller.downlink.received.segments, turn.spoken)
                    self.answered.append(Answered(turn, time.time(), gaps))
        except (NoAnswer, Refused, JoinFailed) as fault:
            self.lost = str(fault)
        finally:
            self.greeted.set()

    async def leave(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self.task


class ConcurrentCalls:
    """A changeable number of calls. An async context manager; leaving it ends all calls.

    lines: what callers ask; each caller begins at another line.
    """

    def __init__(self, sessions: Sessions, character: str, lines: Sequence[Line]) -> None:
        self._sessions = sessions
        self._character = character
        self._lines = lines
        self._calls: list[_Call] = []
        self._places = itertools.count()

    async def __aenter__(self) -> "ConcurrentCalls":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.resize(0, 0.0)

    async def resize(self, calls: int, greeted_seconds: float) -> None:
        """Starts or ends calls until there are `calls`; waits at most `greeted_seconds` until all have been greeted."""
        gone = [call for call in self._calls if call.task.done()]
        self._calls = [call for call in self._calls if not call.task.done()]
        leaving, self._calls = self._calls[calls:], self._calls[:calls]
        await asyncio.gather(*(call.leave() for call in leaving), *(call.task for call in gone))
        while len(self._calls) < calls:
            self._calls.append(_Call(self._sessions, self._character, self._lines, next(self._places)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(greeted_seconds):
                await asyncio.gather(*(call.greeted.wait() for call in self._calls))

    async def observe(self, seconds: float) -> Observed:
        """Waits for `seconds`; returns the turns that ended in this time and the callers who still wait."""
        began = time.time()
        await asyncio.sleep(seconds)
        now = time.time()
        observed = Observed(len(self._calls), seconds)
        for call in self._calls:
            observed.answered += [each for each in call.answered if each.ended > began]
            if call.lost:
                observed.lost.append(call.lost)
            elif not call.greeted.is_set():
                observed.lost.append("not greeted yet")
            if (waited := call.waited_ms(now)) is not None:
                observed.overdue_ms.append(waited)
        return observed
