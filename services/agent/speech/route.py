"""Finds an engine that answers: another endpoint of the pool, once; then the fallbacks of the catalogue.

When none of them answers, the caller hears a fixed line that needs no engine.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import structlog

from services.agent.speech.engine import AtCapacity, EngineError, Refused, StreamExpired, Unreachable
from services.agent.speech.pool import Pool
from services.kit.catalogue import Entry

# Tries of one engine, each at another endpoint.
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
class Candidate(Generic[S]):
    """An engine of the catalogue. open: begins a stream to one of its endpoints, without waiting for it."""

    entry: Entry
    pool: Pool
    open: Callable[[str], S]


@dataclass(frozen=True, eq=False)
class Connection(Generic[S]):
    """An open stream. number: of its candidate in the route."""

    number: int
    candidate: Candidate[S]
    address: str
    stream: S


@dataclass
class Attempts:
    """What was tried for one utterance or one reply so far.

    endpoints: those that failed, by candidate. faults: by candidate, those that count against its tries. last:
    candidate and endpoint that failed last. waiting_helps: false when every fault was the engine's own and would come
    again.
    """

    endpoints: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    faults: Counter[int] = field(default_factory=Counter)
    last: tuple[int, str] | None = None
    fault: EngineError | None = None
    waiting_helps: bool = False
    told_exhausted: bool = False
    pause_seconds: float = _FIRST_PAUSE_SECONDS

    def begin_again(self) -> None:
        """Forgets what failed, after a pause that grows."""
        self.endpoints.clear()
        self.faults.clear()
        self.pause_seconds = min(self.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)


class Route(Generic[S]):
    """One part of one call, with one stream open at a time.

    candidates: the engine that was asked for, then its fallbacks. pause: waits for so many seconds.
    """

    def __init__(
        self,
        part: Part,
        candidates: Sequence[Candidate[S]],
        tell: Tell,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._pause = pause
        self._part = part
        self._candidates = candidates
        self._tell = tell
        self._connection: Connection[S] | None = None
        self._told = 0
        self.serving: Entry = candidates[0].entry

    async def next(self, attempts: Attempts) -> Connection[S]:
        """A stream to the first candidate that is left. When none is left it waits and tries again those that failed.

        Raises: the last fault, when trying again is of no use.
        """
        if connection := self._next_untried(attempts):
            return connection
        if attempts.fault and not attempts.waiting_helps:
            raise attempts.fault
        if any(attempts.endpoints.values()) and not attempts.faults and not attempts.told_exhausted:
            attempts.told_exhausted = True
            self._tell(self._part, Step.EXHAUSTED, f"No endpoint of {self._candidates[0].entry.name} has room.")
        await self._pause(attempts.pause_seconds)
        attempts.begin_again()
        return self._next_untried(attempts) or self._least_bad(attempts)

    def has_other(self, connection: Connection[S], attempts: Attempts) -> bool:
        """Whether anything is left to try if this connection fails."""
        for number, candidate in enumerate(self._candidates):
            used = attempts.endpoints[number] | (
                {connection.address} if candidate.pool is connection.candidate.pool else set()
            )
            left = _TRIES - attempts.faults[number] - (number == connection.number)
            if left > 0 and candidate.pool.pick(used) is not None:
                return True
        return False

    def failed(self, connection: Connection[S], fault: EngineError, attempts: Attempts) -> None:
        """Counts a fault of a connection, and closes it when its stream is of no more use."""
        # An endpoint that stays away is tried twice a second while no other is left: one warning is enough.
        log = _log.warning if connection.candidate.pool.is_well(connection.address) else _log.debug
        log(
            "engine failed",
            part=self._part,
            engine=connection.candidate.entry.name,
            endpoint=connection.address,
            fault=repr(fault),
        )
        attempts.last, attempts.fault = (connection.number, connection.address), fault
        if not isinstance(fault, StreamExpired):
            attempts.endpoints[connection.number].add(connection.address)
        if isinstance(fault, Unreachable | AtCapacity | StreamExpired):
            attempts.waiting_helps = True
        if isinstance(fault, Refused):
            attempts.faults[connection.number] = _TRIES
        elif not isinstance(fault, AtCapacity | StreamExpired):
            attempts.faults[connection.number] += 1
            # A connection that was replaced before says nothing of its endpoint.
            if self._connection is connection:
                connection.candidate.pool.failed(connection.address, lost=isinstance(fault, Unreachable))
        if isinstance(fault, Unreachable | StreamExpired):
            self.leave(connection)

    def served(self, connection: Connection[S]) -> None:
        """A connection did what it was asked."""
        connection.candidate.pool.served(connection.address)
        self.serving = connection.candidate.entry

    def leave(self, connection: Connection[S]) -> None:
        """Closes a connection; a second time does nothing."""
        if self._connection is connection:
            self._connection = None
            connection.stream.close()
            connection.candidate.pool.closed(connection.address)

    def close(self) -> None:
        """Closes what is open."""
        if self._connection is not None:
            self.leave(self._connection)

    def gave_up(self) -> None:
        """Reports that every candidate failed."""
        self._tell(
            self._part, Step.LINE, f"{self._candidates[0].entry.name} did not answer, nor did anything instead of it."
        )

    def _next_untried(self, attempts: Attempts) -> Connection[S] | None:
        for number, candidate in enumerate(self._candidates):
            if attempts.faults[number] >= _TRIES:
                continue
            used = attempts.endpoints[number]
            connection = self._connection
            if connection and connection.stream.broken:
                self.leave(connection)
            elif (
                connection
                and connection.number == number
                and connection.address not in used
                and candidate.pool.is_well(connection.address)
            ):
                return connection
            if address := candidate.pool.pick(used):
                return self._open(number, address, attempts)
        return None

    def _least_bad(self, attempts: Attempts) -> Connection[S]:
        number = (attempts.last[0] + 1) % len(self._candidates) if attempts.last else 0
        address = self._candidates[number].pool.pick(ejected_too=True)
        assert address, "a pool has at least one endpoint"
        return self._open(number, address, attempts)

    def _open(self, number: int, address: str, attempts: Attempts) -> Connection[S]:
        self.close()
        candidate = self._candidates[number]
        self._connection = Connection(number, candidate, address, candidate.open(address))
        candidate.pool.opened(address)
        asked = self._candidates[0].entry.name
        if number and number != self._told:
            self._tell(self._part, Step.FALLBACK, f"{asked} did not answer; {candidate.entry.name} goes on.")
        elif attempts.last and attempts.last[0] == number and attempts.last[1] != address:
            self._tell(
                self._part,
                Step.FAILOVER,
                f"{candidate.entry.name} did not answer; another endpoint of its pool goes on.",
            )
        self._told = number
        return self._connection
