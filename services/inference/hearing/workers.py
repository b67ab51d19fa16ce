"""The threads that transcribe: finals and snapshots first, partials when there is room."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from services.inference.engines.moonshine import Moonshine
from services.inference.hearing.transcription import transcribe
from services.inference.hearing.utterance import Utterance
from services.inference.hearing.voicing import SAMPLE_RATE_HZ
from services.inference.protocol import EXHAUSTED, KIND_PARTIAL

# Beyond this many waiting answers a new request is refused: its answer would come too late to be of use.
MAX_WAITING: Final = 128


class Busy(RuntimeError):
    """Too many transcriptions wait; the message starts with the protocol's word for it."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One answer: text, kind, seconds of the utterance that it covers, utterance number, cost in milliseconds."""

    text: str
    kind: str
    audio_seconds: float
    utterance: int
    compute_ms: float


Answer = Callable[[Transcript | None, str | None], None]


@dataclass(slots=True)
class Job:
    """One transcription to do. `answer` is called exactly once, with a transcript, an error or neither.

    dropped: set when the caller threw the utterance away; then a snapshot is answered with an empty text.
    """

    kind: str
    utterance: Utterance
    answer: Answer
    dropped: threading.Event = field(default_factory=threading.Event)
    done: bool = False


def _transcript(job: Job, text: str, seconds: float, began: float) -> Transcript:
    return Transcript(text, job.kind, seconds, job.utterance.index, (time.perf_counter() - began) * 1e3)


class Workers:
    """A fixed number of threads over one engine. Partials never hold more than all but one of them."""

    def __init__(self, engine: Moonshine, count: int) -> None:
        self._engine = engine
        self._changed = threading.Condition()  # guards everything below
        self._urgent: deque[Job] = deque()
        self._partials: deque[Job] = deque()
        self._busy: set[int] = set()
        self._partials_running = 0
        self._max_partials = max(1, count - 1)
        self._closing = False
        self._threads = [threading.Thread(target=self._work, name=f"stt-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job. Raises Busy when too many wait; a partial is then given up instead, newest audio wins."""
        with self._changed:
            if job.kind == KIND_PARTIAL:
                self._partials.append(job)
            elif len(self._urgent) >= MAX_WAITING:
                raise Busy(f"{EXHAUSTED} {MAX_WAITING} transcriptions wait; try again or add an stt server")
            else:
                job.utterance.urge(+1)
                self._urgent.append(job)
            self._changed.notify()

    def _next(self) -> Job | None:
        for job in self._urgent:
            if id(job.utterance) not in self._busy:
                self._urgent.remove(job)
                return job
        if self._partials_running < self._max_partials:
            for job in self._partials:
                if id(job.utterance) not in self._busy:
                    self._partials.remove(job)
                    self._partials_running += 1
                    return job
        return None

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and (job := self._next()) is None:
                    self._changed.wait()
                if self._closing:
                    return
                assert job is not None
                self._busy.add(id(job.utterance))
            try:
                self._do(job)
            finally:
                with self._changed:
                    self._busy.discard(id(job.utterance))
                    if job.kind == KIND_PARTIAL:
                        self._partials_running -= 1
                    self._changed.notify_all()

    def _do(self, job: Job) -> None:
        began = time.perf_counter()
        transcript, error = None, None
        try:
            transcript = self._transcribed(job, began)
        except Exception as problem:  # the thread serves other calls and must outlive one bad clip
            error = f"the recogniser failed on this utterance: {problem}"
        finally:
            if job.kind != KIND_PARTIAL:
                job.utterance.urge(-1)
        job.done = True
        job.answer(transcript, error)

    def _transcribed(self, job: Job, began: float) -> Transcript | None:
        if job.kind == KIND_PARTIAL:
            return self._partial(job, began)
        utterance = job.utterance
        if job.dropped.is_set():
            return _transcript(job, "", utterance.seconds, began)
        standing = utterance.standing_answer()
        if standing is not None:
            return _transcript(job, standing, utterance.seconds, began)
        text, clip = transcribe(self._engine, utterance, job.dropped.is_set)
        if text is not None:
            utterance.remember(text, clip, firm=True)
        return _transcript(job, text or "", clip.end / SAMPLE_RATE_HZ, began)

    def _partial(self, job: Job, began: float) -> Transcript | None:
        utterance = job.utterance
        text, end = None, 0
        try:
            if utterance.partial_unwanted:
                return None
            text, clip = transcribe(self._engine, utterance, lambda: utterance.partial_unwanted)
            end = clip.end
            if text:
                utterance.remember(text, clip, firm=False)
        finally:
            utterance.partial_done(end)
        if not text or utterance.partial_unwanted:
            return None
        return _transcript(job, text, end / SAMPLE_RATE_HZ, began)

    def close(self) -> None:
        """Stop the threads; jobs that still wait are answered with nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5.0)
        for job in (*self._urgent, *self._partials):
            job.answer(None, None)
