"""The `voice_match` model: a recording in, the voice or mix of voices nearest to its speaker out."""

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
    string_output,
    text,
)
from services.inference.adapters.watchdog import Watch, end_with_parent
from services.inference.engines.kokoro import Kokoro
from services.inference.engines.matching import MAX_SECONDS, CannotMatch, Matcher
from services.inference.engines.phonemes.reader import LANGUAGES
from services.inference.engines.speaker import SAMPLE_RATE_HZ
from services.inference.engines.styles import Styles
from services.inference.engines.voiceprints import ProbeReader
from services.inference.protocol import EXHAUSTED, VOICE_MATCH_LANGUAGE, VOICE_MATCH_MODEL
from services.inference.settings import InferenceSettings

# The share of a core that is left to a process of this value beside one that hears or speaks is a quarter.
_NICE = 5
# A little over the bound, so that the engine can say by how much a recording is too long.
_MAX_SAMPLES = int(2 * MAX_SECONDS * SAMPLE_RATE_HZ)


class TritonPythonModel:
    """Triton's entry points. Recordings are matched one after the other by a thread of its own."""

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
        self._room = threading.BoundedSemaphore(1 + self._max_waiting)  # guards the queue's bound
        self._turn = ThreadPoolExecutor(1, thread_name_prefix="voice_match")
        self._closing = threading.Event()
        self._watch = Watch(settings, VOICE_MATCH_MODEL)

    def execute(self, requests: list[Any]) -> None:
        """Take recordings; each is answered once."""
        for request in requests:
            sender = request.get_response_sender()
            try:
                samples = audio(request, "audio", _MAX_SAMPLES)
                language = text(request, "language") or VOICE_MATCH_LANGUAGE
            except InvalidInput as problem:
                send(sender, failure(str(problem)), final=True)
                continue
            if self._room.acquire(blocking=False):
                self._turn.submit(self._match, samples, language, sender)
            else:
                full = f"{EXHAUSTED} {self._max_waiting} recordings wait; try again or add a server"
                send(sender, failure(full), final=True)

    def _match(self, samples: NDArray[np.float32], language: str, sender: Any) -> None:
        response = failure("the server stops")
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
            self._room.release()
            send(sender, response, final=True)

    def finalize(self) -> None:
        """Stop the threads before the process ends."""
        self._closing.set()
        self._turn.shutdown(wait=True, cancel_futures=False)
        self._matcher.close()
