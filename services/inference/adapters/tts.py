"""The `tts` model: a text in, speech out piece by piece."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import triton_python_backend_utils as pb

from services.inference.adapters.tensors import InvalidInput, failure, number, output, parameters, send, text
from services.inference.adapters.watchdog import end_with_parent
from services.inference.engines.hibari import MAX_SPEED, MIN_SPEED, Hibari
from services.inference.protocol import EXHAUSTED, TTS_MAX_CHARACTERS
from services.inference.speaking.clauses import Pauses

# A text that waits behind more than these would be spoken too late; the client is told to go elsewhere.
_MAX_WAITING: Final = 128


@dataclass(frozen=True, slots=True)
class _Order:
    text: str
    speed: float
    unwanted: threading.Event


class TritonPythonModel:
    """Triton's entry points. Texts are spoken by a few threads, several at a time."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and warm the engine."""
        end_with_parent()
        settings = parameters(args)
        pauses = Pauses(comma_ms=int(settings["comma_pause_ms"]), sentence_ms=int(settings["sentence_pause_ms"]))
        self._engine = Hibari(settings["voice"], int(settings["threads"]), pauses)
        self._engine.warm_up()
        self._pool = ThreadPoolExecutor(int(settings["workers"]), thread_name_prefix="tts")
        self._room = threading.BoundedSemaphore(_MAX_WAITING)
        self._open: dict[str, threading.Event] = {}
        self._closing = threading.Event()

    def execute(self, requests: list[Any]) -> None:
        """Take a batch of texts."""
        for request in requests:
            sender = request.get_response_sender()
            try:
                if cancelled := text(request, "cancel"):
                    self._cancel(cancelled)
                    send(sender, None, final=True)
                else:
                    self._take(request.request_id(), self._order(request), sender)
            except InvalidInput as problem:
                send(sender, failure(str(problem)), final=True)

    def _cancel(self, request_id: str) -> None:
        if unwanted := self._open.get(request_id):
            unwanted.set()

    def _take(self, request_id: str, order: _Order, sender: Any) -> None:
        if not self._room.acquire(blocking=False):
            raise InvalidInput(f"{EXHAUSTED} {_MAX_WAITING} texts wait; try again or add a tts server")
        if request_id:
            self._open[request_id] = order.unwanted
        self._pool.submit(self._speak, request_id, order, sender)

    def _order(self, request: Any) -> _Order:
        words = text(request, "text")
        if words is None:
            raise InvalidInput("`text` is missing: send a text, or in `cancel` the id of a request to stop")
        if len(words) > TTS_MAX_CHARACTERS:
            raise InvalidInput(
                f"`text` has {len(words)} characters, at most {TTS_MAX_CHARACTERS} fit in a request: send it in pieces"
            )
        voice = text(request, "voice")
        if voice and voice != self._engine.voice:
            raise InvalidInput(f"voice {voice!r} is not installed; installed: {self._engine.voice}")
        speed = number(request, "speed", 1.0)
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise InvalidInput(f"`speed` must be {MIN_SPEED} to {MAX_SPEED}, got {speed:g}")
        return _Order(words, speed, threading.Event())

    def _speak(self, request_id: str, order: _Order, sender: Any) -> None:
        problem: str | None = None
        try:
            if not order.unwanted.is_set():
                for pcm in self._engine.speak(order.text, order.speed):
                    if self._closing.is_set() or order.unwanted.is_set():
                        break
                    send(sender, pb.InferenceResponse([output("audio", pcm, np.int16)]), final=False)
        except Exception as error:  # the thread serves other calls and must outlive one bad text
            problem = f"the synthesiser failed on this text: {error}"
        finally:
            self._room.release()
            self._open.pop(request_id, None)
            send(sender, None if problem is None else failure(problem), final=True)

    def finalize(self) -> None:
        """Stop the threads before the process ends."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=False)
        self._engine.close()
