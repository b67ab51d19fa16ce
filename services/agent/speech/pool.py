"""Chooses the endpoint of a pool for the next stream: the healthy one with the fewest open streams.

A pool knows only the streams of its own process, that is of one call. Calls spread over the endpoints because the
choice between equal endpoints is random.
"""

import random
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

# Failures in a row after which an endpoint that answers is ejected.
_FAULTS_IN_A_ROW = 3
_FIRST_EJECTION_SECONDS, _LONGEST_EJECTION_SECONDS = 1.0, 30.0
# Random part of an ejection's length, so that the calls of many workers do not return to an endpoint at once.
_JITTER = 0.25
# After an ejection an endpoint's share grows from _LEAST_SHARE to 1 over this time. One failure meanwhile ejects it.
_RETURN_SECONDS = 10.0
_LEAST_SHARE = 0.1


@dataclass
class _Endpoint:
    address: str
    streams: int = 0
    faults: int = 0
    ejections: int = 0
    ejected_until: float = float("-inf")


class Pool:
    """Equivalent endpoints. clock: a monotonic time in seconds."""

    def __init__(
        self,
        addresses: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._endpoints = {address: _Endpoint(address) for address in addresses}
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, guards nothing

    def pick(self, passed_over: Collection[str] = (), *, ejected_too: bool = False) -> str | None:
        """The endpoint for the next stream, or None.

        passed_over: endpoints not to use. ejected_too: if all the others are ejected, take the one whose ejection ends
        first.
        """
        now = self._clock()
        left = [each for each in self._endpoints.values() if each.address not in passed_over]
        well = [each for each in left if each.ejected_until <= now]
        if well:
            return min(well, key=lambda each: ((each.streams + 1) / self._share(each), self._chance.random())).address
        if ejected_too and left:
            return min(left, key=lambda each: (each.ejected_until, self._chance.random())).address
        return None

    def is_well(self, address: str) -> bool:
        """Whether an endpoint is not ejected."""
        return self._endpoints[address].ejected_until <= self._clock()

    def opened(self, address: str) -> None:
        """Counts a stream that was opened to this endpoint."""
        self._endpoints[address].streams += 1

    def closed(self, address: str) -> None:
        """Counts a stream to this endpoint that was closed."""
        self._endpoints[address].streams -= 1

    def served(self, address: str) -> None:
        """Notes a success of the endpoint: its failures in a row start again at 0."""
        endpoint = self._endpoints[address]
        endpoint.faults = 0
        if self._share(endpoint) >= 1.0:
            endpoint.ejections = 0

    def failed(self, address: str, *, lost: bool) -> None:
        """Notes a failure of the endpoint. lost: it cannot be reached or does not answer, which ejects it at once.

        Ignores an endpoint that is not in this pool.
        """
        endpoint = self._endpoints.get(address)
        if endpoint is None or endpoint.ejected_until > self._clock():
            return
        endpoint.faults += 1
        if lost or endpoint.faults >= _FAULTS_IN_A_ROW or self._share(endpoint) < 1.0:
            seconds = min(_FIRST_EJECTION_SECONDS * 2**endpoint.ejections, _LONGEST_EJECTION_SECONDS)
            seconds *= self._chance.uniform(1 - _JITTER, 1 + _JITTER)
            endpoint.ejected_until = self._clock() + seconds
            endpoint.ejections += 1
            endpoint.faults = 0

    def _share(self, endpoint: _Endpoint) -> float:
        since_return = self._clock() - endpoint.ejected_until
        return min(1.0, max(_LEAST_SHARE, since_return / _RETURN_SECONDS))
