"""Many scripted calls at once, and what each of their turns was like."""

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

# Between two sentences the voice itself is silent for half of this at most: who hears more waits for an engine.
UNDER_RUN_SECONDS = 0.6
# A caller thinks this long between an answer and the next question.
THINK_SECONDS = 1.0
# Calls do not begin at one moment; nor do their questions.
STAGGER_SECONDS = 0.4
LEAVE_SECONDS = 10.0


@dataclass(frozen=True)
class Answered:
    """One turn of one call. ended: unix seconds. under_runs: pauses inside the answer that nobody meant."""

    turn: Turn
    ended: float
    under_runs: int


@dataclass
class Observed:
    """What a crowd of `calls` went through in `seconds`.

    overdue_ms: how long each caller had waited who still had no answer at the end. lost: why calls ended by themselves.
    """

    calls: int
    seconds: float
    answered: list[Answered] = field(default_factory=list)
    overdue_ms: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def waits_ms(self) -> list[float]:
        """Voice to voice of every turn; one without an answer counts as long as it has waited."""
        whole = (each.turn.voice_to_voice_ms for each in self.answered)
        return [*(ms for ms in whole if ms is not None), *self.overdue_ms]

    @property
    def under_runs(self) -> int:
        """Pauses inside answers that nobody meant."""
        return sum(each.under_runs for each in self.answered)


def under_runs(segments: Sequence[Segment], spoken: Segment) -> int:
    """How often an answer to what was `spoken` stood still. segments: of the agent's sound, in order."""
    answer = [each for each in segments if each.start > spoken.end]
    return sum(after.start - before.end > UNDER_RUN_SECONDS for before, after in itertools.pairwise(answer))


class _Call:
    """One caller who asks one question after the other until told to leave."""

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
        """How long this caller has waited for an answer that has not begun; None when nothing is owed."""
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
    """Calls that go on until they are told to leave. An async context manager; leaving it ends them all.

    lines: what callers ask, each beginning at another one.
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
        """Lets callers come or go until there are `calls`; waits until all were greeted, at most so long."""
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
        """Watches the crowd for a while: the turns that ended in it, and the callers who wait at its end."""
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
