"""The `stt` model: sequences of audio in, partial and final transcripts out."""

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
    string_output,
    text,
)
from services.inference.adapters.watchdog import end_with_parent
from services.inference.engines.moonshine import SAMPLE_RATE_HZ, Moonshine
from services.inference.hearing.listener import Listener
from services.inference.hearing.workers import Busy, Transcript, Workers
from services.inference.protocol import COMMAND_AUDIO, COMMAND_DISCARD, STT_MODEL

_MAX_REQUEST_SAMPLES: Final = 30 * SAMPLE_RATE_HZ


def _response(transcript: Transcript) -> Any:
    return pb.InferenceResponse(
        [
            string_output("text", transcript.text),
            string_output("kind", transcript.kind),
            output("audio_seconds", transcript.audio_seconds, np.float32),
            output("utterance", transcript.utterance, np.int32),
            output("compute_ms", transcript.compute_ms, np.float32),
        ]
    )


class TritonPythonModel:
    """Triton's entry points. Requests return at once; answers come from the worker threads."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and warm the engine."""
        end_with_parent()
        settings = parameters(args)
        self._engine = Moonshine(threads=int(settings["threads"]))
        self._engine.warm_up()
        self._workers = Workers(self._engine, int(settings["workers"]))
        self._sequences = Sequences(
            settings, STT_MODEL, lambda: Listener(self._workers), lambda listener: listener.end()
        )

    def execute(self, requests: list[Any]) -> None:
        """Take a batch of requests, at most one of each sequence."""
        for request in requests:
            sender = request.get_response_sender()
            try:
                self._accept(request, sender)
            except (InvalidInput, SequenceLost, Exhausted, Busy) as problem:
                send(sender, failure(str(problem)), final=True)

    def _accept(self, request: Any, sender: Any) -> None:
        listener = self._sequences.of(request)
        try:
            if request.flags() & SEQUENCE_START:
                self._check_language(text(request, "language"))
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

    def _check_language(self, language: str | None) -> None:
        if language and language.split("-")[0].lower() not in self._engine.languages:
            served = ", ".join(self._engine.languages)
            raise InvalidInput(f"language {language!r} is not served by this recogniser; served: {served}")

    def finalize(self) -> None:
        """Stop the threads before the process ends."""
        self._sequences.clear()
        self._workers.close()
        self._engine.close()
