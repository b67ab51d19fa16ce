"""The `stt` model: takes sequences of audio and returns partial and final transcripts."""

import json
from typing import Any, Final

import numpy as np
import triton_python_backend_utils as pb

from services.inference.adapters.sequences import Exhausted, SequenceLost, Sequences
from services.inference.adapters.tensors import (
    SEQUENCE_START,
    InvalidInput,
    audio,
    failure,
    number,
    output,
    parameters,
    send,
    sender_of,
    string_output,
    text,
)
from services.inference.adapters.watchdog import Watch, end_with_parent
from services.inference.engines.recogniser import AUTO, SAMPLE_RATE_HZ
from services.inference.engines.registry import load
from services.inference.protocol import (
    COMMAND_AUDIO,
    COMMAND_DISCARD,
    STT_MAX_KEYTERM_CHARACTERS,
    STT_MAX_KEYTERMS,
    STT_MODEL,
)
from services.inference.recognition.listener import Listener
from services.inference.recognition.routes import Routes, UnservedLanguage
from services.inference.recognition.workers import Busy, Transcript, Workers

_MAX_REQUEST_SAMPLES: Final = 30 * SAMPLE_RATE_HZ
_OUTPUT_WORDS: Final = "words"


def _words(transcript: Transcript) -> str:
    rounded = [(word, round(start, 2), round(end, 2)) for word, start, end in transcript.words]
    return json.dumps(rounded, ensure_ascii=False) if rounded else ""


def _keyterms(value: str | None) -> tuple[str, ...]:
    """The terms of the `keyterms` input. Raises InvalidInput."""
    if not value:
        return ()
    try:
        terms = json.loads(value)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"`keyterms` must be a JSON array of strings: {problem}") from problem
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise InvalidInput("`keyterms` must be a JSON array of strings")
    if len(terms) > STT_MAX_KEYTERMS or any(len(term) > STT_MAX_KEYTERM_CHARACTERS for term in terms):
        raise InvalidInput(
            f"`keyterms` may hold at most {STT_MAX_KEYTERMS} terms of {STT_MAX_KEYTERM_CHARACTERS} characters"
        )
    return tuple(dict.fromkeys(term.strip() for term in terms if term.strip()))


def _expect(listener: Listener, request: Any) -> None:
    """Pass the language, key terms and engine of a call's first request to the listener. Raises InvalidInput."""
    language = text(request, "language")
    tag = language.split("-")[0].lower() if language else listener.language
    timed = _OUTPUT_WORDS in request.requested_output_names()
    try:
        listener.expect(tag, _keyterms(text(request, "keyterms")), timed, text(request, "engine") or "")
    except UnservedLanguage as problem:
        raise InvalidInput(str(problem)) from problem


def _response(transcript: Transcript) -> Any:
    return pb.InferenceResponse(
        [
            string_output("text", transcript.text),
            string_output("kind", transcript.kind),
            output("audio_seconds", transcript.audio_seconds, np.float32),
            output("utterance", transcript.utterance, np.int32),
            output("compute_ms", transcript.compute_ms, np.float32),
            string_output("language", "" if transcript.language == AUTO else transcript.language),
            string_output(_OUTPUT_WORDS, _words(transcript)),
            output("biased", transcript.biased, np.int32),
        ]
    )


class TritonPythonModel:
    """Triton's entry points. `execute` returns at once; the worker threads send the answers."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and warm the engine."""
        end_with_parent()
        settings = parameters(args)
        watch = Watch(settings, STT_MODEL)
        pools = []
        for name in settings["engines"].split(","):
            engine, workers, max_partial_batch = load(name, settings)
            engine.warm_up()
            pools.append(Workers(engine, workers, watch.step, max_partial_batch))
        self._routes = Routes(pools)
        self._sequences = Sequences(
            settings, STT_MODEL, lambda: Listener(self._routes), lambda listener: listener.end()
        )

    def execute(self, requests: list[Any]) -> None:
        """Take a batch of requests, at most one of each sequence."""
        for request in requests:
            sender = sender_of(request)
            try:
                self._accept(request, sender)
            except (InvalidInput, SequenceLost, Exhausted, Busy) as problem:
                send(sender, failure(str(problem)), final=True)

    def _accept(self, request: Any, sender: Any) -> None:
        listener = self._sequences.of(request)
        try:
            if request.flags() & SEQUENCE_START:
                _expect(listener, request)
            command = int(number(request, "command", COMMAND_AUDIO))
            if not COMMAND_AUDIO <= command <= COMMAND_DISCARD:
                raise InvalidInput(f"`command` must be 0 to 3, got {command}")
            samples = audio(request, "audio", _MAX_REQUEST_SAMPLES)

            def answer(transcript: Transcript | None, error: str | None) -> None:
                if error is not None:
                    send(sender, failure(error), final=True)
                else:
                    send(sender, None if transcript is None else _response(transcript), final=True)

            listener.accept(samples, command, answer)
        finally:
            self._sequences.done(request)

    def finalize(self) -> None:
        """Stop the threads before the process ends."""
        self._sequences.clear()
        self._routes.close()
