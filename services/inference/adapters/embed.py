"""The `embed` model: takes texts and returns their embedding vectors."""

from typing import Any

import numpy as np
import triton_python_backend_utils as pb

from services.inference.adapters.tensors import InvalidInput, failure, parameters, send, sender_of, texts
from services.inference.adapters.watchdog import Watch, end_with_parent
from services.inference.engines.minilm import MiniLm
from services.inference.protocol import EMBED_MAX_CHARACTERS, EMBED_MODEL


class TritonPythonModel:
    """Triton's entry points. One engine step embeds all texts of a batch."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and warm the engine."""
        end_with_parent()
        settings = parameters(args)
        self._engine = MiniLm(threads=int(settings["threads"]))
        self._engine.warm_up()
        self._watch = Watch(settings, EMBED_MODEL)

    def execute(self, requests: list[Any]) -> None:
        """Embed the texts of a batch, and answer each request once."""
        batch: list[list[str]] = []
        senders: list[Any] = []
        for request in requests:
            sender = sender_of(request)
            try:
                batch.append(_read(request))
                senders.append(sender)
            except InvalidInput as problem:
                send(sender, failure(str(problem)), final=True)
        if batch:
            self._answer(batch, senders)

    def _answer(self, batch: list[list[str]], senders: list[Any]) -> None:
        try:
            with self._watch.step():
                vectors, counts = self._engine.embed([text for asked in batch for text in asked])
        except Exception as problem:  # the model serves other requests and must outlive one bad batch
            for sender in senders:
                send(sender, failure(f"{EMBED_MODEL} failed on these texts: {problem}"), final=True)
            return
        at = 0
        for sender, asked in zip(senders, batch, strict=True):
            rows = slice(at, at + len(asked))
            at += len(asked)
            tokens = np.array(counts[rows], np.int32).reshape(-1, 1)
            outputs = [pb.Tensor("embedding", np.ascontiguousarray(vectors[rows])), pb.Tensor("tokens", tokens)]
            send(sender, pb.InferenceResponse(outputs), final=True)

    def finalize(self) -> None:
        """Free the weights before the process ends."""
        self._engine.close()


def _read(request: Any) -> list[str]:
    asked = texts(request, "text")
    for text in asked:
        if len(text) > EMBED_MAX_CHARACTERS:
            raise InvalidInput(
                f"a text has {len(text)} characters, at most {EMBED_MAX_CHARACTERS} can be read: send it in pieces"
            )
    return asked
