"""The pauses between attempts at the same engine."""

import random

# Random part of a pause, so that the calls of many workers do not ask an engine at the same moment.
_JITTER = 0.25


class Backoff:
    """Pauses of growing length: each is twice the one before, up to `longest_seconds`, then made random by _JITTER.

    `tenacity.wait_exponential_jitter` makes no pause of the longest length random, and counts the attempts of one call.
    """

    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first = first_seconds
        self._longest = longest_seconds
        self._next = first_seconds

    def next_seconds(self) -> float:
        """The length of the next pause."""
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """Begins again with the shortest pause."""
        self._next = self._first
