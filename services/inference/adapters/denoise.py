"""The `denoise` model: takes audio frames of many calls and returns the same frames without noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import triton_python_backend_utils as pb
from numpy.typing import NDArray

from services.inference.adapters.sequences import Exhausted, SequenceLost, Sequences
from services.inference.adapters.tensors import (
    SEQUENCE_END,
    InvalidInput,
    audio,
    failure,
    number,
    output,
    parameters,
    send,
    sender_of,
)
from services.inference.adapters.watchdog import Watch, end_with_parent
from services.inference.engines.deepfilternet import FRAME_SAMPLES, DeepFilterNet
from services.inference.protocol import (
    DENOISE_DEFAULT_LEVEL_DB,
    DENOISE_FULL_LEVEL_DB,
    DENOISE_MAX_FRAMES,
    DENOISE_MODEL,
)


@dataclass
class _Call:
    """state: the number of the call's state in the engine. level_db: attenuation limit until a request changes it."""

    state: int
    level_db: float = DENOISE_DEFAULT_LEVEL_DB


class TritonPythonModel:
    """Triton's entry points. One engine step filters all frames of a batch."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the engine."""
        end_with_parent()
        settings = parameters(args)
        self._engine = DeepFilterNet(int(settings["max_streams"]))
        self._watch = Watch(settings, DENOISE_MODEL)
        self._sequences = Sequences(settings, DENOISE_MODEL, self._open, self._release)

    def execute(self, requests: list[Any]) -> None:
        """Filter the frames of a batch, at most one request of each sequence in it."""
        batch: list[tuple[int, NDArray[np.float32], float]] = []
        senders: list[Any] = []
        for request in requests:
            sender = sender_of(request)
            try:
                batch.append(self._read(request))
                senders.append(sender)
            except (InvalidInput, SequenceLost, Exhausted) as problem:
                send(sender, failure(str(problem)), final=True)
        if batch:
            self._answer(batch, senders)
        for request in requests:
            self._sequences.done(request)

    def _answer(self, batch: list[tuple[int, NDArray[np.float32], float]], senders: list[Any]) -> None:
        open_senders = dict(enumerate(senders))
        try:
            with self._watch.step():
                for place, result in self._engine.step(batch):
                    answer = pb.InferenceResponse([output("audio", result, np.float32)])
                    send(open_senders.pop(place), answer, final=True)
        except Exception as problem:  # the model serves other calls and must outlive one bad batch
            for sender in open_senders.values():
                send(sender, failure(f"{DENOISE_MODEL} failed on these frames: {problem}"), final=True)

    def _read(self, request: Any) -> tuple[int, NDArray[np.float32], float]:
        call = self._sequences.of(request)
        samples = audio(request, "audio", DENOISE_MAX_FRAMES * FRAME_SAMPLES)
        if len(samples) % FRAME_SAMPLES or not (len(samples) or request.flags() & SEQUENCE_END):
            raise InvalidInput(
                f"`audio` has {len(samples)} samples: send 1 to {DENOISE_MAX_FRAMES} frames of {FRAME_SAMPLES}"
            )
        level_db = number(request, "level", call.level_db)
        if not 0.0 <= level_db <= DENOISE_FULL_LEVEL_DB:
            raise InvalidInput(f"`level` must be 0 to {DENOISE_FULL_LEVEL_DB:g} dB, got {level_db:g}")
        call.level_db = level_db
        return call.state, samples, level_db

    def _open(self) -> _Call:
        return _Call(self._engine.open())

    def _release(self, call: _Call) -> None:
        self._engine.release(call.state)

    def finalize(self) -> None:
        """Release the state of every call before the process ends."""
        self._sequences.clear()
