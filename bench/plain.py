"""Plain recognition for comparison: the wheel's own graphs, one engine for each stream, nothing shared."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import onnxruntime as ort

from services.inference.engines.moonshine import MIN_SECONDS, TOKENS_EXTRA, TOKENS_PER_SECOND, bundled_folder
from services.inference.engines.recogniser import SAMPLE_RATE_HZ, Hypothesis, Speech
from services.inference.engines.tokens import TokenTable

_START_TOKEN: Final = 1
_END_TOKEN: Final = 2
_LAYERS: Final = 6
_HEADS: Final = 8
_HEAD_WIDTH: Final = 36


def _session(name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(bundled_folder() / name, options, providers=["CPUExecutionProvider"])


class PlainMoonshine:
    """Moonshine tiny-en as its wheel ships it: greedy, with its key/value cache, one clip at a time, no draft."""

    name = "plain"
    languages: tuple[str, ...] = ("en",)
    can_bias = False
    can_detect = False
    max_seconds = 30.0
    max_batch = 1

    def __init__(self) -> None:
        self._encoder = _session("encoder_model.ort")
        self._decoder = _session("decoder_model_merged.ort")
        self._tokens = TokenTable.read(bundled_folder() / "tokenizer.bin")
        outputs = [output.name for output in self._decoder.get_outputs()]
        self._own = [name for name in outputs if name.startswith("present.") and ".decoder." in name]
        self._across = [name for name in outputs if name.startswith("present.") and ".encoder." in name]

    def warm_up(self) -> None:
        """Run once on a second of silence."""
        for _ in self.decode([Speech(np.zeros(SAMPLE_RATE_HZ, np.float32))]):
            pass

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        """See `Recogniser.decode`."""
        for place, speech in enumerate(batch):
            hypothesis = self._heard(speech)
            yield place, hypothesis

    def _heard(self, speech: Speech) -> Hypothesis:
        shortfall = int(MIN_SECONDS * SAMPLE_RATE_HZ) - len(speech.samples)
        clip = np.pad(speech.samples, (0, max(0, shortfall)))[None].astype(np.float32, copy=False)
        limit = int(clip.shape[1] / SAMPLE_RATE_HZ * TOKENS_PER_SECOND) + TOKENS_EXTRA
        mask = np.ones(clip.shape, np.int64)
        (states,) = self._encoder.run(None, {"input_values": clip, "attention_mask": mask})
        empty = np.zeros((1, _HEADS, 0, _HEAD_WIDTH), np.float32)
        unread = np.zeros((1, _HEADS, 1, _HEAD_WIDTH), np.float32)
        feed: dict[str, Any] = {
            f"past_key_values.{layer}.{side}.{part}": empty if side == "decoder" else unread
            for layer in range(_LAYERS)
            for side in ("decoder", "encoder")
            for part in ("key", "value")
        }
        feed |= {"encoder_hidden_states": states, "encoder_attention_mask": mask}
        feed |= {"use_cache_branch": np.array([False]), "input_ids": np.array([[_START_TOKEN]])}
        tokens: list[int] = []
        names = ["logits", *self._own, *self._across]
        while True:
            logits, *cache = self._decoder.run(names, feed)
            feed |= {
                name.replace("present", "past_key_values"): value for name, value in zip(names[1:], cache, strict=True)
            }
            names = ["logits", *self._own]
            token = int(logits[0, -1].argmax())
            stopped, overran = speech.should_stop(), len(tokens) >= limit
            if token == _END_TOKEN or stopped or overran:
                return Hypothesis(self._tokens.text(tokens), tuple(tokens), stopped=stopped, overran=overran)
            tokens.append(token)
            feed |= {"use_cache_branch": np.array([True]), "input_ids": np.array([[token]])}

    def close(self) -> None:
        """Free the weights' memory."""
        del self._encoder, self._decoder
