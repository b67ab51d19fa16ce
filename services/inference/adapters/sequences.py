"""The state of each sequence of one model instance. A state is dropped when its sequence ends or is idle too long."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

from services.inference.adapters.tensors import SEQUENCE_END, SEQUENCE_START
from services.inference.protocol import EXHAUSTED, SEQUENCE_LOST

State = TypeVar("State")

_SWEEP_SECONDS: Final = 5.0


class SequenceLost(RuntimeError):
    """The server has no state for the sequence of a request: it never had one, or has dropped it."""


class Exhausted(RuntimeError):
    """All `max_streams` of the model are in use. The message starts with the protocol's `EXHAUSTED`."""

    def __init__(self, model: str, max_streams: int) -> None:
        super().__init__(
            f"{EXHAUSTED} {model} carries {max_streams} streams, all are taken; "
            "try again when a call has ended, use another server, or raise max_streams in its profile"
        )


class Sequences(Generic[State]):
    """States by correlation id. Not thread-safe: use it only from the thread on which Triton calls `execute`."""

    def __init__(
        self,
        settings: Mapping[str, str],
        model: str,
        make: Callable[[], State],
        drop: Callable[[State], None],
    ) -> None:
        """settings: the model's parameters, `idle_seconds` and `max_streams` among them."""
        self._idle_seconds = float(settings["idle_seconds"])
        self._max_streams = int(settings["max_streams"])
        self._model = model
        self._make = make
        self._drop = drop
        self._states: dict[int | str, State] = {}
        self._used: dict[int | str, float] = {}
        self._swept = time.monotonic()

    def of(self, request: Any) -> State:
        """The state of the request's sequence; the first request creates it. Raises SequenceLost, Exhausted."""
        now = time.monotonic()
        self._sweep(now)
        key: int | str = request.correlation_id()
        if request.flags() & SEQUENCE_START:
            self._forget(key)
            if len(self._states) >= self._max_streams:
                raise Exhausted(self._model, self._max_streams)
            self._states[key] = self._make()
        state = self._states.get(key)
        if state is None:
            raise SequenceLost(f"{SEQUENCE_LOST} this server holds no state for sequence {key}; start a new sequence")
        self._used[key] = now
        return state

    def done(self, request: Any) -> None:
        """Drop the state of the sequence if this request was its last."""
        if request.flags() & SEQUENCE_END:
            self._forget(request.correlation_id())

    def _forget(self, key: int | str) -> None:
        state = self._states.pop(key, None)
        self._used.pop(key, None)
        if state is not None:
            self._drop(state)

    def _sweep(self, now: float) -> None:
        if now - self._swept < min(_SWEEP_SECONDS, self._idle_seconds):
            return
        self._swept = now
        for key in [key for key, used in self._used.items() if now - used > self._idle_seconds]:
            self._forget(key)

    def clear(self) -> None:
        """Drop all states."""
        for key in list(self._states):
            self._forget(key)
