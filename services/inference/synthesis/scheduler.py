"""Who is spoken for next: the stream whose listener would be the first to hear nothing."""

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

# An engine hangs in no known case; if one does, the process ends without it.
_CLOSE_SECONDS: Final = 5.0

Heard = Callable[[NDArray[np.int16]], None]
Ended = Callable[[str | None], None]
Around = Callable[[], AbstractContextManager[object]]


class Full(RuntimeError):
    """As many streams as may be are open; the message starts with the protocol's word for it."""


class Places:
    """How many streams may be open at once, over all schedulers of a model."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._left = threading.BoundedSemaphore(count)

    def take(self) -> None:
        """Raises Full."""
        if not self._left.acquire(blocking=False):
            raise Full(
                f"{EXHAUSTED} {TTS_MODEL} carries {self._count} streams, all are taken; "
                "try again when a text has been spoken, use another server, or raise max_streams in its profile"
            )

    def free(self) -> None:
        """Give one back."""
        self._left.release()


@dataclass(eq=False, slots=True)
class Stream:
    """One text under way. `heard` is called with each piece in order, `ended` once, with the problem if there was one.

    Both are called from the scheduler's threads, never two at a time.
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

    The deadline of a stream is when the audio it was given runs out; one that has none yet comes before all that have.
    """

    def __init__(self, name: str, workers: int, places: Places, around: Around = nullcontext) -> None:
        """around: entered for each piece, by who wants to know how long one takes."""
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
        """Begin a stream. Raises Full."""
        self._places.take()
        self._queue(stream, float("-inf"))

    def cancel(self, stream: Stream) -> None:
        """Speak no further than the piece under way; a stream that waits ends now. One that has ended stays so."""
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
        """Stop after the pieces under way; streams that still wait end without a problem."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=_CLOSE_SECONDS)
        for _, _, stream in self._waiting:
            self._end(stream, None)
        self._waiting.clear()
