"""A scripted caller: waits for the greeting, then speaks lines and waits for the answer to each."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from caller.connection import Connection
from caller.messages import Fault, Message, Spoken, State, Waterfall
from caller.session import Grant
from caller.speech import Line
from caller.turn import Turn, parts_of
from caller.waveform import Segment

JOIN_SECONDS = 10.0
ANSWER_SECONDS = 30.0
LONGEST_REPLY_SECONDS = 90.0
# The agent has finished after this much silence: when its state says listening; when it sent no state; when its state
# says thinking or speaking; when only a filler was heard.
QUIET_SECONDS = 0.5
QUIET_NO_STATE_SECONDS = 1.5
QUIET_BUSY_SECONDS = 8.0
QUIET_UNANSWERED_SECONDS = 20.0
# The message about a reply is sent with its first audio frame; the sound arrives within this time.
UNDERWAY_SECONDS = 1.0
# The messages of a turn arrive within this time after its last sound.
LATE_SECONDS = 2.0
# A reply that stops within this time after the line was interrupted by it; the answer is what follows.
CUT_SECONDS = 0.5
_POLL_SECONDS = 0.02


class NoAnswer(Exception):
    """The agent did not join, did not answer, or left; the message is a sentence."""


class Caller:
    """One call. An async context manager: entering joins the room, leaving leaves it.

    on_message: called with each message of the agent.
    """

    def __init__(
        self,
        grant: Grant,
        on_message: Callable[[Message], None] = lambda _: None,
    ) -> None:
        self._grant = grant
        self._tell = on_message
        self._connection = Connection(grant, self._take)
        self._one_clock = urlsplit(grant.livekit_url).hostname in ("127.0.0.1", "localhost", "::1")
        self._state = ""
        self._told_at = 0.0
        self._last = (0, Segment(0.0, 0.0))
        self.said: list[Spoken] = []
        self.waterfalls: list[Waterfall] = []
        self.faults: list[Fault] = []
        self.uplink = self._connection.uplink
        self.downlink = self._connection.downlink

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, fault, trace)

    @property
    def session_id(self) -> str:
        """The call's id."""
        return self._grant.session_id

    @property
    def closed(self) -> asyncio.Event:
        """Set when the call is over, whoever ended it."""
        return self._connection.closed

    async def greeting(self, seconds: float = JOIN_SECONDS) -> str:
        """Waits until the agent is there and its greeting, if it has one, is spoken. Raises: NoAnswer.

        seconds: until the agent is there, and then until it begins to speak.
        """
        await self._until(lambda: self._connection.agent_here, seconds, "The agent did not join the call")
        if self._grant.greeting:
            await self._until(lambda: bool(self.downlink.received.segments), seconds, "The agent did not greet")
        await self._until(self._finished, LONGEST_REPLY_SECONDS, "The greeting did not end")
        return " ".join(each.text for each in self.said if each.final and not each.by_caller)

    async def say(self, line: Line) -> Turn:
        """Speaks a line and waits for the end of the answer. Raises: NoAnswer; `unanswered` then returns the turn."""
        mark, marked, now = len(self.said), len(self.waterfalls), time.time()
        self._last = (mark, Segment(now, now))
        try:
            spoken = await self.uplink.say(line.samples)
        except asyncio.CancelledError:
            self._check()
            raise
        self._last = (mark, spoken)
        return await self._answered(line.said, spoken, mark, marked)

    def unanswered(self, line: Line) -> Turn:
        """The turn of the last line, which got no answer."""
        mark, spoken = self._last
        heard = tuple(each.text for each in self.said[mark:] if each.final and each.by_caller)
        return Turn(said=line.said, spoken=spoken, heard=heard)

    async def next_turn(self) -> Turn:
        """Waits without a time limit for speech in the microphone, then for the end of the answer. Raises: NoAnswer."""
        mark, marked, began = len(self.said), len(self.waterfalls), time.time()
        while self.uplink.sent.after(began) is None or not self._replied(mark):
            self._check()
            await asyncio.sleep(_POLL_SECONDS)
        heard_at = self.downlink.received.segments[-1].start if self.downlink.received.segments else time.time()
        mine = [each for each in self.uplink.sent.segments if began < each.start and each.end < heard_at]
        spoken = Segment(mine[0].start, mine[-1].end) if mine else Segment(began, heard_at)
        return await self._answered("", spoken, mark, marked)

    async def type(self, text: str) -> None:
        """Sends a typed message."""
        await self._connection.type(text)

    async def quiet(self, seconds: float = LONGEST_REPLY_SECONDS) -> None:
        """Waits until the agent has finished. Raises: NoAnswer after `seconds`."""
        await self._until(self._finished, seconds, "The agent did not stop")

    async def _answered(self, said: str, spoken: Segment, mark: int, marked: int) -> Turn:
        await self._until(lambda: self._answer(spoken) is not None, ANSWER_SECONDS, "The agent did not answer")
        await self._until(lambda: self._answered_out(mark, marked), LONGEST_REPLY_SECONDS, "The answer did not end")
        await self._late(lambda: self._replied(mark))
        await self._late(lambda: len(self.waterfalls) > marked)
        fresh = [each for each in self.said[mark:] if each.final]
        replies = [each for each in fresh if not each.by_caller]
        answer = self._answer(spoken)
        waterfall = self._waterfall(marked, answer, {each.id for each in replies})
        return Turn(
            said=said,
            spoken=spoken,
            heard=tuple(each.text for each in fresh if each.by_caller),
            replies=tuple(each.text for each in replies),
            answer=answer,
            waterfall=waterfall,
            parts=parts_of(spoken, answer, waterfall, self._one_clock),
        )

    def _answer(self, spoken: Segment) -> Segment | None:
        after = self.downlink.received.after(spoken.end)
        over = [each for each in self.downlink.received.segments if spoken.start < each.start <= spoken.end < each.end]
        if over and not (after and over[-1].end < spoken.end + CUT_SECONDS):
            return over[-1]
        return after

    def _waterfall(self, marked: int, answer: Segment | None, replies: set[str]) -> Waterfall | None:
        fresh = self.waterfalls[marked:]
        own = [each for each in fresh if each.reply_id in replies] or fresh
        if not own or answer is None:
            return None
        return min(own, key=lambda each: abs(each.first_frame - answer.start)) if self._one_clock else own[-1]

    def _replied(self, mark: int) -> bool:
        return any(each.final and not each.by_caller for each in self.said[mark:])

    def _answered_out(self, mark: int, marked: int) -> bool:
        """True if the answer is over, and not only a filler before it."""
        now = time.time()
        if not (self._replied(mark) or len(self.waterfalls) > marked):
            return self.downlink.received.silent_seconds(now) > QUIET_UNANSWERED_SECONDS
        replies = [each for each in self.said[mark:] if not each.by_caller]
        whole = {each.id for each in replies if each.final} >= {each.id for each in replies}
        if not whole or now - self._told_at < UNDERWAY_SECONDS:
            return self.downlink.received.silent_seconds(now) > QUIET_BUSY_SECONDS
        return self._finished()

    def _finished(self) -> bool:
        quiet = self.downlink.received.silent_seconds(time.time())
        if not self._state:
            return quiet > QUIET_NO_STATE_SECONDS
        return quiet > (QUIET_BUSY_SECONDS if self._state in ("speaking", "thinking") else QUIET_SECONDS)

    def _take(self, message: Message) -> None:
        match message:
            case Spoken():
                self.said.append(message)
            case State(state):
                self._state = state
            case Waterfall():
                self._told_at = time.time()
                self.waterfalls.append(message)
            case Fault():
                # The agent sends an error more than once.
                if message in self.faults:
                    return
                self.faults.append(message)
        self._tell(message)

    def _check(self) -> None:
        if (fault := self._connection.fault()) is not None:
            raise NoAnswer(f"The audio of the call failed: {fault!r}.") from fault
        if self.closed.is_set():
            raise NoAnswer(self.faults[-1].message if self.faults else "The call was ended by the other side.")

    async def _until(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        give_up = time.monotonic() + seconds
        while not condition():
            self._check()
            if time.monotonic() > give_up:
                reason = f" ({self.faults[-1].message})" if self.faults else ""
                raise NoAnswer(f"{otherwise} within {seconds:.0f} s{reason}.")
            await asyncio.sleep(_POLL_SECONDS)

    async def _late(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + LATE_SECONDS
        while not condition():
            if self.closed.is_set() or time.monotonic() > give_up:
                return
            await asyncio.sleep(_POLL_SECONDS)
