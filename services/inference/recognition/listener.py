"""One sequence of the stt model: applies each request to the current utterance."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.recogniser import AUTO
from services.inference.protocol import (
    COMMAND_AUDIO,
    COMMAND_DISCARD,
    COMMAND_FLUSH,
    COMMAND_SNAPSHOT,
    EXHAUSTED,
    KIND_FINAL,
    KIND_PARTIAL,
    KIND_SNAPSHOT,
)
from services.inference.recognition.routes import Routes
from services.inference.recognition.utterance import Utterance
from services.inference.recognition.workers import Answer, Busy, Job, Transcript, Workers

# A client with this many unanswered requests is not reading its answers.
MAX_OPEN_ANSWERS: Final = 16


class Listener:
    """Feeds audio to utterances and submits transcription jobs. Not thread-safe.

    language: primary tag of the coming utterances, or AUTO while it is not known.
    """

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self.language = routes.usual
        self._engine = ""
        self._keyterms: tuple[str, ...] = ()
        self._timed = False
        self._utterance = Utterance(0)
        self._workers: Workers | None = None
        self._open: list[Job] = []

    def expect(self, language: str, keyterms: tuple[str, ...] = (), timed: bool = False, engine: str = "") -> None:
        """Set the options of the coming utterances.

        language: primary tag, or AUTO to detect it from the first utterance with words; keyterms, timed: see `Speech`;
        engine: name of the engine to use, "" for the first that serves the language. Raises UnservedLanguage.
        """
        self._routes.of(language, engine)
        self.language = language
        self._engine = engine
        self._keyterms = keyterms
        self._timed = timed

    def accept(self, samples: NDArray[np.float32], command: int, answer: Answer) -> None:
        """Take one request: float32 [n] at 16 kHz, n may be 0, and a COMMAND_* value.

        answer: called once, now or from another thread, with the transcript, an error sentence or neither.
        Raises Busy when MAX_OPEN_ANSWERS answers are outstanding.
        """
        utterance = self._utterance
        if len(samples):
            utterance.append(samples)
        self._open = [job for job in self._open if not job.done]
        if command == COMMAND_DISCARD:
            self._renew()
            for job in self._open:
                if job.utterance is utterance:
                    job.dropped.set()
            answer(None, None)
        elif command == COMMAND_AUDIO:
            if utterance.partial_due():
                utterance.partial_pending = True
                self._pool().submit(Job(KIND_PARTIAL, utterance, answer))
            else:
                answer(None, None)
        else:
            self._ask(KIND_SNAPSHOT if command == COMMAND_SNAPSHOT else KIND_FINAL, answer)
            if command == COMMAND_FLUSH:
                self._renew()

    def _ask(self, kind: str, answer: Answer) -> None:
        utterance = self._utterance
        if len(self._open) >= MAX_OPEN_ANSWERS:
            raise Busy(
                f"{EXHAUSTED} {MAX_OPEN_ANSWERS} answers of this sequence are outstanding; read them before asking more"
            )
        standing = utterance.standing_answer()
        if standing is not None and not any(job.utterance is utterance for job in self._open):
            if kind == KIND_FINAL:
                # A partial may be about to be answered by a worker.
                utterance.end()
            biased = self._pool().engine.can_bias and bool(utterance.keyterms)
            answer(Transcript.of(standing, kind, utterance, utterance.seconds, 0.0, biased), None)
            return
        job = Job(kind, utterance, self._noting_language(answer))
        self._pool().submit(job)
        self._open.append(job)

    def _pool(self) -> Workers:
        """The workers of this utterance, chosen at its first job: by then its language may have been detected."""
        if self._workers is None:
            self._utterance.language = self.language
            self._utterance.keyterms = self._keyterms
            self._utterance.timed = self._timed
            self._workers = self._routes.of(self.language, self._engine)
        return self._workers

    def _noting_language(self, answer: Answer) -> Answer:
        if self.language != AUTO:
            return answer

        def noted(transcript: Transcript | None, error: str | None) -> None:
            if transcript is not None and transcript.text and self._routes.serves(transcript.language, self._engine):
                self.language = transcript.language
            answer(transcript, error)

        return noted

    def _renew(self) -> None:
        self._utterance.end()
        self._utterance = Utterance(self._utterance.index + 1)
        self._workers = None

    def end(self) -> None:
        """End the sequence. Jobs already submitted are still answered."""
        self._utterance.end()
