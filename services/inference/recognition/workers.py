"""The threads that transcribe. They batch waiting utterances of different calls, finals and snapshots first."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from services.inference.engines.recogniser import Hypothesis, Recogniser, Speech
from services.inference.protocol import EXHAUSTED, KIND_FINAL, KIND_PARTIAL
from services.inference.recognition.transcription import Transcription
from services.inference.recognition.utterance import Reading, Utterance, Word
from services.inference.recognition.voicing import SAMPLE_RATE_HZ

# When this many jobs wait, a new request is refused: its answer would come too late.
MAX_WAITING: Final = 128


class Busy(RuntimeError):
    """Too many transcriptions wait. The message starts with the protocol's `EXHAUSTED`."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One answer.

    audio_seconds: how much of the utterance it covers; utterance: the utterance's number; compute_ms: time since its
    batch began; language: primary tag of the recognised language; words: with start and end in seconds of the
    utterance, in finals only; biased: whether keyterms were used.
    """

    text: str
    kind: str
    audio_seconds: float
    utterance: int
    compute_ms: float
    language: str
    words: tuple[Word, ...] = ()
    biased: bool = False

    @classmethod
    def of(
        cls, reading: Reading, kind: str, utterance: Utterance, seconds: float, compute_ms: float, biased: bool
    ) -> "Transcript":
        """Make an answer of a kind from a reading."""
        words = reading.words if kind == KIND_FINAL else ()
        return cls(reading.text, kind, seconds, utterance.index, compute_ms, reading.language, words, biased)


Answer = Callable[[Transcript | None, str | None], None]


@dataclass(slots=True)
class Job:
    """One transcription to do. `answer` is called exactly once, with a transcript, an error or neither.

    dropped: set when the client discarded the utterance; then a snapshot is answered with an empty text.
    """

    kind: str
    utterance: Utterance
    answer: Answer
    dropped: threading.Event = field(default_factory=threading.Event)
    done: bool = False

    @property
    def unwanted(self) -> bool:
        """Whether its answer is no longer needed."""
        return self.utterance.partial_unwanted if self.kind == KIND_PARTIAL else self.dropped.is_set()


def _transcription(job: Job) -> Transcription:
    utterance = job.utterance
    # Partials are made without key terms, which cost too much time. Such a partial is not reused as the final.
    return Transcription(utterance, lambda: job.unwanted, () if job.kind == KIND_PARTIAL else utterance.keyterms)


class Workers:
    """A fixed number of threads over one engine. Partials use at most all threads but one.

    A thread takes up to the engine's `max_batch` jobs at once, of partials up to `max_partial_batch`. While it decodes
    partials, it checks between the engine's passes for finals and snapshots and does them first. Each pass runs inside
    `watched`.
    """

    def __init__(
        self,
        engine: Recogniser,
        count: int,
        watched: Callable[[], AbstractContextManager[object]] = nullcontext,
        max_partial_batch: int | None = None,
    ) -> None:
        self.engine = engine
        self._max_partial_batch = min(engine.max_batch, max_partial_batch or engine.max_batch)
        self._watched = watched
        self._changed = threading.Condition()  # guards everything below
        self._urgent: deque[Job] = deque()
        self._partials: deque[Job] = deque()
        self._busy: set[int] = set()
        self._partials_running = 0
        self._max_partials = max(1, count - 1)
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{engine.name}-{n}", daemon=True) for n in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job. Raises Busy when MAX_WAITING finals and snapshots wait; partials are never refused."""
        with self._changed:
            if job.kind == KIND_PARTIAL:
                self._partials.append(job)
            elif len(self._urgent) >= MAX_WAITING:
                raise Busy(f"{EXHAUSTED} {MAX_WAITING} transcriptions wait; try again or add an stt server")
            else:
                job.utterance.urge(+1)
                self._urgent.append(job)
            self._changed.notify()

    def _batch(self, waiting: deque[Job], most: int) -> list[Job]:
        """Take the first waiting jobs, one for each utterance, of utterances that no thread works on."""
        batch: list[Job] = []
        for job in tuple(waiting):
            if len(batch) == most:
                break
            if id(job.utterance) not in self._busy:
                waiting.remove(job)
                self._busy.add(id(job.utterance))
                batch.append(job)
        return batch

    def _next(self) -> list[Job]:
        if batch := self._batch(self._urgent, self.engine.max_batch):
            return batch
        if self._partials_running < self._max_partials:
            batch = self._batch(self._partials, self._max_partial_batch)
            self._partials_running += bool(batch)
        return batch

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not (batch := self._next()):
                    self._changed.wait()
                if self._closing:
                    return
            partials = batch[0].kind == KIND_PARTIAL
            try:
                self._serve(batch)
            finally:
                with self._changed:
                    self._partials_running -= partials
                    self._changed.notify_all()

    def _serve_urgent(self) -> None:
        """Do the finals and snapshots that arrived while partials are decoded."""
        while True:
            with self._changed:
                batch = self._batch(self._urgent, self.engine.max_batch)
            if not batch:
                return
            self._serve(batch)

    def _serve(self, batch: Sequence[Job]) -> None:
        began = time.perf_counter()
        try:
            self._hear([job for job in batch if not self._answered(job, began)], began)
        except Exception as problem:  # the thread serves other calls and must outlive one bad clip
            for job in [job for job in batch if not job.done]:
                if len(batch) == 1:
                    self._finish(job, None, f"the recogniser failed on this utterance: {problem}")
                else:
                    self._serve([job])

    def _answered(self, job: Job, began: float) -> bool:
        """Answer a job if that needs no engine. Returns whether it is answered."""
        utterance = job.utterance
        if job.unwanted:
            empty = Reading("", (), utterance.language)
            given = None if job.kind == KIND_PARTIAL else self._transcript(job, empty, utterance.seconds, began)
            self._finish(job, given)
        elif job.kind != KIND_PARTIAL and (standing := utterance.standing_answer()) is not None:
            self._finish(job, self._transcript(job, standing, utterance.seconds, began))
        return job.done

    def _hear(self, jobs: Sequence[Job], began: float) -> None:
        """Decode the jobs' utterances as one batch; a long utterance takes several clips."""
        attempts = [(job, _transcription(job)) for job in jobs]
        partials = any(job.kind == KIND_PARTIAL for job in jobs)
        while attempts:
            clips = [(job, attempt, attempt.speech()) for job, attempt in attempts]
            for job, attempt, clip in clips:
                if clip is None:
                    self._conclude(job, attempt, began)
            going = [(job, attempt, clip) for job, attempt, clip in clips if clip is not None]
            for heard in self._passes([clip for _, _, clip in going]):
                if heard is not None:
                    job, attempt, _ = going[heard[0]]
                    attempt.take(heard[1])
                    if attempt.over:
                        self._conclude(job, attempt, began)
                elif partials:
                    self._serve_urgent()
            attempts = [(job, attempt) for job, attempt, _ in going if not attempt.over]

    def _passes(self, clips: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        if not clips:
            return
        work = self.engine.decode(clips)
        while True:
            with self._watched():
                try:
                    heard = next(work)
                except StopIteration:
                    return
            yield heard

    def _conclude(self, job: Job, attempt: Transcription, began: float) -> None:
        utterance, reading, end = job.utterance, attempt.reading, attempt.clip.end
        partial = job.kind == KIND_PARTIAL
        if reading is not None and (not partial or (reading.text and not utterance.keyterms)):
            utterance.remember(reading, attempt.clip, firm=not partial)
        if partial:
            utterance.partial_done(end)
            if reading is None or not reading.text or job.unwanted:
                self._finish(job, None)
                return
        reading = reading or Reading("", (), utterance.language)
        self._finish(job, self._transcript(job, reading, end / SAMPLE_RATE_HZ, began))

    def _transcript(self, job: Job, reading: Reading, seconds: float, began: float) -> Transcript:
        biased = self.engine.can_bias and bool(job.utterance.keyterms) and job.kind != KIND_PARTIAL
        compute_ms = (time.perf_counter() - began) * 1e3
        return Transcript.of(reading, job.kind, job.utterance, seconds, compute_ms, biased)

    def _finish(self, job: Job, transcript: Transcript | None, error: str | None = None) -> None:
        if job.kind == KIND_PARTIAL:
            job.utterance.partial_done(0)
        else:
            job.utterance.urge(-1)
        # Answer before the utterance is free again, so that the answers of a call keep their order.
        try:
            self._answer(job, transcript, error)
        finally:
            job.done = True
            with self._changed:
                self._busy.discard(id(job.utterance))
                self._changed.notify_all()

    @staticmethod
    def _answer(job: Job, transcript: Transcript | None, error: str | None) -> None:
        if job.kind != KIND_PARTIAL or transcript is None:
            job.answer(transcript, error)
        elif not job.utterance.send_partial(lambda: job.answer(transcript, None)):
            job.answer(None, None)

    def close(self) -> None:
        """Stop the threads. Jobs that still wait are answered with neither transcript nor error."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5.0)
        for job in (*self._urgent, *self._partials):
            job.answer(None, None)
