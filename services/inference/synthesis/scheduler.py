"""Schedules synthesis: the stream whose audio runs out first is served first."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.synthesiser import SAMPLE_RATE_HZ
from services.inference.protocol import EXHAUSTED, TTS_MODEL
from services.inference.synthesis.speech import Speech

# Longest wait for the threads at shutdown. If an engine hangs, the process ends without it.
_CLOSE_SECONDS: Final = 5.0

Heard = Callable[[NDArray[np.int16]], None]
Ended = Callable[[str | None], None]
Around = Callable[[], AbstractContextManager[object]]


class Full(RuntimeError):
    """All `max_streams` streams are in use. The message starts with the protocol's `EXHAUSTED`."""


class Places:
    """Limits how many streams are open at once, over all schedulers of a model."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._left = threading.BoundedSemaphore(count)

    def take(self) -> None:
        """Take one place. Raises Full."""
        if not self._left.acquire(blocking=False):
            raise Full(
                f"{EXHAUSTED} {TTS_MODEL} carries {self._count} streams, all are taken; "
                "try again when a text has been spoken, use another server, or raise max_streams in its profile"
            )

    def free(self) -> None:
        """Give one place back."""
        self._left.release()


@dataclass(eq=False, slots=True)
class Stream:
    """One text being spoken. `heard` is called with each piece in order; `ended` once, with an error sentence or None.

    The scheduler's threads call both, never two at a time.
    """

    speech: Speech
    heard: Heard
    ended: Ended
    unwanted: bool = False
    pieces: Iterator[NDArray[np.int16]] = field(init=False)
    audible_until: float | None = None

    def __post_init__(self) -> None:
        self.pieces = iter(self.speech)


class Scheduler:
    """A few threads over one engine; the unit of work is a piece. The earliest deadline is served first.

    The deadline of a stream is the time at which the audio sent so far ends. A stream without audio comes first.
    """

    def __init__(self, name: str, workers: int, places: Places, around: Around = nullcontext) -> None:
        """around: a context manager that each piece is made in, for example to measure its time."""
        self._places = places
        self._around = around
        self._changed = threading.Condition()  # guards everything below
        self._waiting: list[tuple[float, int, Stream]] = []
        self._numbers = itertools.count()
        self._closing = False
        self._threads = [threading.Thread(target=self._work, name=f"{name}-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, stream: Stream) -> None:
        """Start a stream. Raises Full."""
        self._places.take()
        self._queue(stream, float("-inf"))

    def cancel(self, stream: Stream) -> None:
        """Stop a stream after the piece under way, or now if it waits. Does nothing if it has ended."""
        with self._changed:
            stream.unwanted = True
            waits = [entry for entry in self._waiting if entry[2] is stream]
            if waits:
                self._waiting.remove(waits[0])
                heapq.heapify(self._waiting)
        if waits:
            self._end(stream, None)

    def _queue(self, stream: Stream, deadline: float) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (deadline, next(self._numbers), stream))
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._waiting:
                    self._changed.wait()
                if self._closing:
                    return
                _, _, stream = heapq.heappop(self._waiting)
            self._step(stream)

    def _step(self, stream: Stream) -> None:
        try:
            with self._around():
                sound = next(stream.pieces, None)
        except Exception as error:  # the thread serves other calls and must outlive one bad text
            self._end(stream, f"the synthesiser failed on this text: {error}")
            return
        if stream.unwanted or sound is None:
            self._end(stream, None)
            return
        if len(sound):
            stream.heard(sound)
            stream.audible_until = max(stream.audible_until or 0.0, time.monotonic()) + len(sound) / SAMPLE_RATE_HZ
        if stream.speech.over:
            self._end(stream, None)
        else:
            self._queue(stream, float("-inf") if stream.audible_until is None else stream.audible_until)

    def _end(self, stream: Stream, problem: str | None) -> None:
        self._places.free()
        stream.ended(problem)

    def close(self) -> None:
        """Stop after the pieces under way. Streams that still wait end without an error."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=_CLOSE_SECONDS)
        for _, _, stream in self._waiting:
            self._end(stream, None)
        self._waiting.clear()
