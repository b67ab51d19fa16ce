"""Fails over between engines: tries another endpoint of the pool once, then the fallbacks of the catalogue.

If none of them answers, the caller hears a fixed line that needs no engine.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import structlog

from services.agent.speech.backoff import Backoff
from services.agent.speech.engine import AtCapacity, EngineError, Refused, StreamExpired, Unreachable
from services.agent.speech.pool import Pool
from services.kit.catalogue import Entry

# Attempts at one engine, each at another endpoint.
_TRIES = 2
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 0.5
_log = structlog.get_logger(__name__)


class Part(StrEnum):
    """A part of a call that needs an engine."""

    STT = "stt"
    TTS = "tts"
    DENOISE = "denoise"


class Step(StrEnum):
    """The reaction to an engine that failed."""

    FAILOVER = "failover"
    FALLBACK = "fallback"
    # Every endpoint of every engine was full.
    EXHAUSTED = "exhausted"
    # Raw audio passes.
    BYPASS = "bypass"
    # A fixed line is spoken.
    LINE = "line"


# Called at each step. The sentence may be shown to customers in the history.
Tell = Callable[[Part, Step, str], None]


class Stream(Protocol):
    """The methods of a stream that a route needs."""

    @property
    def broken(self) -> bool:
        """Whether it can no longer be used."""
        ...

    def close(self) -> None:
        """Closes the stream."""
        ...


S = TypeVar("S", bound=Stream)


@dataclass(frozen=True)
class Candidate(Generic[S]):
    """An engine of the catalogue. open: opens a stream to one of its endpoints, without waiting."""

    entry: Entry
    pool: Pool
    open: Callable[[str], S]


@dataclass(frozen=True, eq=False)
class Connection(Generic[S]):
    """An open stream. number: index of its candidate in the route."""

    number: int
    candidate: Candidate[S]
    address: str
    stream: S


@dataclass
class Attempts:
    """The attempts for one utterance or one reply so far.

    endpoints: those that failed, by candidate. faults: failures that count towards _TRIES, by candidate. last:
    candidate and endpoint that failed last. waiting_helps: false when every failure was the engine's own and would
    occur again.
    """

    endpoints: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    faults: Counter[int] = field(default_factory=Counter)
    last: tuple[int, str] | None = None
    fault: EngineError | None = None
    waiting_helps: bool = False
    told_exhausted: bool = False
    pauses: Backoff = field(default_factory=lambda: Backoff(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS))

    def begin_again(self) -> None:
        """Clears the failures, so that all candidates are tried again."""
        self.endpoints.clear()
        self.faults.clear()


class Route(Generic[S]):
    """One part of one call, with one stream open at a time.

    candidates: the requested engine, then its fallbacks. pause: sleeps for a number of seconds.
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
        """A stream to the first untried candidate. If none is left, waits and tries the failed ones again.

        Raises: the last error, when trying again cannot help.
        """
        if connection := self._next_untried(attempts):
            return connection
        if attempts.fault and not attempts.waiting_helps:
            raise attempts.fault
        if any(attempts.endpoints.values()) and not attempts.faults and not attempts.told_exhausted:
            attempts.told_exhausted = True
            self._tell(self._part, Step.EXHAUSTED, f"No endpoint of {self._candidates[0].entry.name} has room.")
        await self._pause(attempts.pauses.next_seconds())
        attempts.begin_again()
        return self._next_untried(attempts) or self._least_bad(attempts)

    def has_other(self, connection: Connection[S], attempts: Attempts) -> bool:
        """Whether an untried candidate or endpoint is left if this connection fails."""
        for number, candidate in enumerate(self._candidates):
            used = attempts.endpoints[number] | (
                {connection.address} if candidate.pool is connection.candidate.pool else set()
            )
            left = _TRIES - attempts.faults[number] - (number == connection.number)
            if left > 0 and candidate.pool.pick(used) is not None:
                return True
        return False

    def failed(self, connection: Connection[S], fault: EngineError, attempts: Attempts) -> None:
        """Counts a failure of a connection, and closes it when its stream can no longer be used."""
        # While no other endpoint is left, a dead one is tried twice a second: one warning is enough.
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
            # The failure of a connection that was already replaced says nothing about its endpoint.
            if self._connection is connection:
                connection.candidate.pool.failed(connection.address, lost=isinstance(fault, Unreachable))
        if isinstance(fault, Unreachable | StreamExpired):
            self.leave(connection)

    def served(self, connection: Connection[S]) -> None:
        """Notes a success of a connection."""
        connection.candidate.pool.served(connection.address)
        self.serving = connection.candidate.entry

    def leave(self, connection: Connection[S]) -> None:
        """Closes a connection. A second call does nothing."""
        if self._connection is connection:
            self._connection = None
            connection.stream.close()
            connection.candidate.pool.closed(connection.address)

    def close(self) -> None:
        """Closes the open connection."""
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
