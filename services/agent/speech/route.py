"""The way to an engine that answers: another endpoint of the pool, once; then the fallbacks of the catalogue.

What cannot be had by any of them is spoken of by a line that needs no engine.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import structlog

from services.agent.speech.engine import EngineError, Exhausted, Forgotten, Lost, Refused
from services.agent.speech.pool import Pool
from services.kit.catalogue import Entry

# What fails is asked for once more of the same engine, at another endpoint.
_TRIES = 2
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 0.5
_log = structlog.get_logger(__name__)


class Part(StrEnum):
    """A part of a call that engines do."""

    STT = "stt"
    TTS = "tts"
    DENOISE = "denoise"


class Step(StrEnum):
    """What was done about an engine that failed."""

    FAILOVER = "failover"
    FALLBACK = "fallback"
    # No endpoint of any engine had room.
    EXHAUSTED = "exhausted"
    # Raw audio passes.
    BYPASS = "bypass"
    # A line is spoken that needs no engine.
    LINE = "line"


# Told of each step, with a sentence that may stand in the history.
Tell = Callable[[Part, Step, str], None]


class Stream(Protocol):
    """What a route needs of a stream."""

    @property
    def broken(self) -> bool:
        """Whether it is of no more use."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


S = TypeVar("S", bound=Stream)


@dataclass(frozen=True)
class Rung(Generic[S]):
    """An engine of the catalogue. open: begins a stream to one of its endpoints, without waiting for it."""

    entry: Entry
    pool: Pool
    open: Callable[[str], S]


@dataclass(frozen=True, eq=False)
class Way(Generic[S]):
    """A stream that is open. number: of its rung."""

    number: int
    rung: Rung[S]
    address: str
    stream: S


@dataclass
class Tried:
    """What an utterance or a reply has been through so far.

    faults: of each rung, those that count against its tries. last: where it failed last. waiting_helps: an
    engine that answers with a fault of its own will do so again; one that is away or full may not.
    """

    endpoints: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    faults: Counter[int] = field(default_factory=Counter)
    last: tuple[int, str] | None = None
    fault: EngineError | None = None
    waiting_helps: bool = False
    told_exhausted: bool = False
    pause_seconds: float = _FIRST_PAUSE_SECONDS

    def begin_again(self) -> None:
        """Makes everything that failed worth a try."""
        self.endpoints.clear()
        self.faults.clear()
        self.pause_seconds = min(self.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)


class Route(Generic[S]):
    """One part of one call, with one stream open at a time.

    rungs: the engine that was asked for, then its fallbacks. pause: waits for so many seconds.
    """

    def __init__(
        self,
        part: Part,
        rungs: Sequence[Rung[S]],
        tell: Tell,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._pause = pause
        self._part = part
        self._rungs = rungs
        self._tell = tell
        self._way: Way[S] | None = None
        self._told = 0
        self.serving: Entry = rungs[0].entry

    async def next(self, tried: Tried) -> Way[S]:
        """A stream to the best engine left. When none is left it pauses and begins again with those that failed.

        Raises: the last fault where beginning again is of no use.
        """
        if way := self._fresh(tried):
            return way
        if tried.fault and not tried.waiting_helps:
            raise tried.fault
        if any(tried.endpoints.values()) and not tried.faults and not tried.told_exhausted:
            tried.told_exhausted = True
            self._tell(self._part, Step.EXHAUSTED, f"No endpoint of {self._rungs[0].entry.name} has room.")
        await self._pause(tried.pause_seconds)
        tried.begin_again()
        return self._fresh(tried) or self._desperate(tried)

    def has_other(self, way: Way[S], tried: Tried) -> bool:
        """Whether anything is left to try if this way turns out to be lost."""
        for number, rung in enumerate(self._rungs):
            used = tried.endpoints[number] | ({way.address} if rung.pool is way.rung.pool else set())
            left = _TRIES - tried.faults[number] - (number == way.number)
            if left > 0 and rung.pool.pick(used) is not None:
                return True
        return False

    def failed(self, way: Way[S], fault: EngineError, tried: Tried) -> None:
        """Notes what became of a way, which is left if its stream is of no more use."""
        # An endpoint that stays away is tried twice a second while nobody else is there.
        log = _log.warning if way.rung.pool.is_well(way.address) else _log.debug
        log("engine failed", part=self._part, engine=way.rung.entry.name, endpoint=way.address, fault=repr(fault))
        tried.last, tried.fault = (way.number, way.address), fault
        if not isinstance(fault, Forgotten):
            tried.endpoints[way.number].add(way.address)
        if isinstance(fault, Lost | Exhausted | Forgotten):
            tried.waiting_helps = True
        if isinstance(fault, Refused):
            tried.faults[way.number] = _TRIES
        elif not isinstance(fault, Exhausted | Forgotten):
            tried.faults[way.number] += 1
            # A stream that was left for another's sake says nothing of its endpoint.
            if self._way is way:
                way.rung.pool.failed(way.address, lost=isinstance(fault, Lost))
        if isinstance(fault, Lost | Forgotten):
            self.leave(way)

    def served(self, way: Way[S]) -> None:
        """A way did what it was asked."""
        way.rung.pool.served(way.address)
        self.serving = way.rung.entry

    def leave(self, way: Way[S]) -> None:
        """Closes a way; a second time does nothing."""
        if self._way is way:
            self._way = None
            way.stream.close()
            way.rung.pool.closed(way.address)

    def close(self) -> None:
        """Closes what is open."""
        if self._way is not None:
            self.leave(self._way)

    def gave_up(self) -> None:
        """Nothing of all that helped."""
        self._tell(
            self._part, Step.LINE, f"{self._rungs[0].entry.name} did not answer, nor did anything instead of it."
        )

    def _fresh(self, tried: Tried) -> Way[S] | None:
        for number, rung in enumerate(self._rungs):
            if tried.faults[number] >= _TRIES:
                continue
            used = tried.endpoints[number]
            way = self._way
            if way and way.stream.broken:
                self.leave(way)
            elif way and way.number == number and way.address not in used and rung.pool.is_well(way.address):
                return way
            if address := rung.pool.pick(used):
                return self._open(number, address, tried)
        return None

    def _desperate(self, tried: Tried) -> Way[S]:
        number = (tried.last[0] + 1) % len(self._rungs) if tried.last else 0
        address = self._rungs[number].pool.pick(ejected_too=True)
        assert address, "a pool has at least one endpoint"
        return self._open(number, address, tried)

    def _open(self, number: int, address: str, tried: Tried) -> Way[S]:
        self.close()
        rung = self._rungs[number]
        self._way = Way(number, rung, address, rung.open(address))
        rung.pool.opened(address)
        asked = self._rungs[0].entry.name
        if number and number != self._told:
            self._tell(self._part, Step.FALLBACK, f"{asked} did not answer; {rung.entry.name} goes on.")
        elif tried.last and tried.last[0] == number and tried.last[1] != address:
            self._tell(
                self._part, Step.FAILOVER, f"{rung.entry.name} did not answer; another endpoint of its pool goes on."
            )
        self._told = number
        return self._way
