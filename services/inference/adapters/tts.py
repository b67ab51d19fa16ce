"""The `tts` model: takes a text and returns speech, piece by piece."""

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb
from numpy.typing import NDArray

from services.inference.adapters.tensors import InvalidInput, failure, number, output, parameters, send, sender_of, text
from services.inference.adapters.watchdog import Watch, end_with_parent
from services.inference.engines import custom
from services.inference.engines.chatterbox import Chatterbox
from services.inference.engines.hibari import Hibari
from services.inference.engines.kokoro import Device, Kokoro
from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.phonemes.reader import Reader
from services.inference.engines.synthesiser import Synthesiser
from services.inference.protocol import TTS_MAX_CHARACTERS, TTS_MODEL
from services.inference.settings import InferenceSettings
from services.inference.synthesis.clauses import Pauses
from services.inference.synthesis.scheduler import Full, Places, Scheduler, Stream
from services.inference.synthesis.speech import Speaker, Speech
from services.kit.reading.speakable import warm_up


def _engine(name: str, settings: dict[str, str], reader: Reader) -> Synthesiser:
    if name == "hibari":
        return Hibari(reader)
    if name == "chatterbox":
        return Chatterbox(Path(settings["weights"]), Path(settings["recordings"]), settings["device"])
    if custom.PATH.fullmatch(name):
        engine: Synthesiser = custom.made(name, json.loads(settings["options"]).get(name, {}))
        return engine
    device: Device = "cuda" if settings["device"] == "cuda" else "cpu"
    styles = Styles(InferenceSettings().kokoro_voices, reader.languages)
    threads = min(int(settings["threads"]), Kokoro.max_threads)
    return Kokoro(reader, styles, threads, device, settings["model"])


class TritonPythonModel:
    """Triton's entry points. Each engine has a scheduler that alternates between its streams after every piece."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and warm the engines."""
        end_with_parent()
        settings = parameters(args)
        self._reader = Reader(filter(None, settings["languages"].split(",")))
        engines = [_engine(name, settings, self._reader) for name in settings["engines"].split(",")]
        for engine in engines:
            engine.warm_up()
        for language in self._reader.languages:
            warm_up(language)
        pauses = Pauses(comma_ms=int(settings["comma_pause_ms"]), sentence_ms=int(settings["sentence_pause_ms"]))
        self._speaker = Speaker(engines, settings["voice"], pauses)
        places = Places(int(settings["max_streams"]))
        workers, threads = int(settings["workers"]), int(settings["threads"])
        watch = Watch(settings, TTS_MODEL)
        self._schedulers = {
            engine.name: Scheduler(engine.name, max(1, workers // min(threads, engine.max_threads)), places, watch.step)
            for engine in engines
        }
        self._lock = threading.Lock()  # guards _open, the streams by request id
        self._open: dict[str, Stream] = {}

    def execute(self, requests: list[Any]) -> None:
        """Start a stream for each text of a batch, or cancel the stream that a request names."""
        for request in requests:
            sender = sender_of(request)
            try:
                if cancelled := text(request, "cancel"):
                    self._cancel(cancelled)
                    send(sender, None, final=True)
                else:
                    self._take(request.request_id(), self._speech(request), sender)
            except (InvalidInput, Full) as problem:
                send(sender, failure(str(problem)), final=True)

    def _cancel(self, request_id: str) -> None:
        with self._lock:
            stream = self._open.get(request_id)
        if stream:
            self._schedulers[stream.speech.engine.name].cancel(stream)

    def _take(self, request_id: str, speech: Speech, sender: Any) -> None:
        def heard(sound: NDArray[np.int16]) -> None:
            send(sender, pb.InferenceResponse([output("audio", sound, np.int16)]), final=False)

        def ended(problem: str | None) -> None:
            with self._lock:
                if self._open.get(request_id) is stream:
                    del self._open[request_id]
            send(sender, None if problem is None else failure(problem), final=True)

        stream = Stream(speech, heard, ended)
        if request_id:
            with self._lock:
                self._open[request_id] = stream
        try:
            self._schedulers[speech.engine.name].submit(stream)
        except Full:
            with self._lock:
                self._open.pop(request_id, None)
            raise

    def _speech(self, request: Any) -> Speech:
        words = text(request, "text")
        if words is None:
            raise InvalidInput("`text` is missing: send a text, or in `cancel` the id of a request to stop")
        if len(words) > TTS_MAX_CHARACTERS:
            raise InvalidInput(
                f"`text` has {len(words)} characters, at most {TTS_MAX_CHARACTERS} fit in a request: send it in pieces"
            )
        try:
            voice, language = text(request, "voice"), text(request, "language")
            return self._speaker.order(words, voice, language, number(request, "speed", 1.0))
        except ValueError as problem:
            raise InvalidInput(str(problem)) from problem

    def finalize(self) -> None:
        """Stop the threads before the process ends."""
        for scheduler in self._schedulers.values():
            scheduler.close()
        self._speaker.close()
        self._reader.close()
