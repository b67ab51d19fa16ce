"""The `voice_match` model: takes a recording and returns the voice, or mix of voices, most like its speaker."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import triton_python_backend_utils as pb
from numpy.typing import NDArray

from services.inference.adapters.tensors import (
    InvalidInput,
    audio,
    failure,
    output,
    parameters,
    send,
    sender_of,
    string_output,
    text,
)
from services.inference.adapters.watchdog import Watch, end_with_parent
from services.inference.engines.kokoro import Kokoro
from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.phonemes.reader import LANGUAGES
from services.inference.engines.speaker import SAMPLE_RATE_HZ
from services.inference.engines.voice_matching import MAX_SECONDS, CannotMatch, Matcher
from services.inference.engines.voiceprints import ProbeReader
from services.inference.protocol import EXHAUSTED, VOICE_MATCH_LANGUAGE, VOICE_MATCH_MODEL
from services.inference.settings import InferenceSettings

# With this niceness the model's process gets a quarter of a core that it shares with one that hears or speaks.
_NICE = 5
# More than the engine takes, so that the engine's error can say how long the recording is.
_MAX_SAMPLES = int(2 * MAX_SECONDS * SAMPLE_RATE_HZ)


class TritonPythonModel:
    """Triton's entry points. One background thread matches the recordings, one after the other."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and warm the engines."""
        end_with_parent()
        # A search takes seconds of a core, in the moments in which the call's greeting is made.
        os.nice(_NICE)
        settings = parameters(args)
        styles = Styles(InferenceSettings().kokoro_voices, LANGUAGES)
        kokoro = Kokoro(ProbeReader(), styles, int(settings["threads"]))
        self._matcher = Matcher(kokoro, int(settings["workers"]), float(settings["seconds"]))
        self._matcher.warm_up()
        self._max_waiting = int(settings["max_waiting"])
        self._free_slots = threading.BoundedSemaphore(1 + self._max_waiting)  # bounds the executor's queue
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="voice_match")
        self._closing = threading.Event()
        self._watch = Watch(settings, VOICE_MATCH_MODEL)

    def execute(self, requests: list[Any]) -> None:
        """Queue the recordings of a batch. Each request gets exactly one answer."""
        for request in requests:
            sender = sender_of(request)
            try:
                samples = audio(request, "audio", _MAX_SAMPLES)
                language = text(request, "language") or VOICE_MATCH_LANGUAGE
            except InvalidInput as problem:
                send(sender, failure(str(problem)), final=True)
                continue
            if self._free_slots.acquire(blocking=False):
                self._executor.submit(self._match, samples, language, sender)
            else:
                full = f"{EXHAUSTED} {self._max_waiting} recordings wait; try again or add a server"
                send(sender, failure(full), final=True)

    def _match(self, samples: NDArray[np.float32], language: str, sender: Any) -> None:
        response = failure("the server is shutting down")
        try:
            if not self._closing.is_set():
                with self._watch.step():
                    match = self._matcher.match(samples, language)
                response = pb.InferenceResponse(
                    [string_output("voice", match.voice), output("similarity", match.similarity, np.float32)]
                )
        except CannotMatch as problem:
            response = failure(str(InvalidInput(str(problem))))
        except Exception as error:  # the thread serves other calls and must outlive one bad recording
            response = failure(f"the matching failed on this recording: {error}")
        finally:
            self._free_slots.release()
            send(sender, response, final=True)

    def finalize(self) -> None:
        """Stop the threads before the process ends."""
        self._closing.set()
        self._executor.shutdown(wait=True, cancel_futures=False)
        self._matcher.close()
