"""Moonshine tiny-en, English speech recognition, run directly on onnxruntime."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.inference.engines.tokens import TokenTable

SAMPLE_RATE_HZ: Final = 16_000
MAX_SECONDS: Final = 30.0
# The model was trained on clips of a second and more; a shorter one makes it say its word several times.
MIN_SECONDS: Final = 1.0
# English speech stays below 6.5 tokens a second; what runs over the limit is a decoder in a loop.
TOKENS_PER_SECOND: Final = 6.5
TOKENS_EXTRA: Final = 8

_START_TOKEN: Final = 1
_END_TOKEN: Final = 2
_LAYERS: Final = 6
_HEADS: Final = 8
_HEAD_WIDTH: Final = 36


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the engine heard: its text, the tokens (to be handed back as the next draft) and how decoding ended."""

    text: str
    tokens: tuple[int, ...]
    stopped: bool = False
    overran: bool = False


def _never() -> bool:
    return False


def _session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning thread would take the core from the language model that runs beside it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def bundled_folder() -> Path:
    """Folder of the weights inside the moonshine-voice wheel. Raises FileNotFoundError when it is not installed."""
    spec = importlib.util.find_spec("moonshine_voice")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("moonshine-voice is not installed: install the `inference` extra")
    return Path(spec.origin).parent / "assets" / "tiny-en"


class Moonshine:
    """Greedy decoding of one clip at a time; safe to call from several threads at once.

    Clips are not batched: padding to the longest of a batch changes what the convolutions see and with it the text.
    """

    languages: tuple[str, ...] = ("en",)

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        folder = folder or bundled_folder()
        self._encoder = _session(folder / "encoder_model.ort", threads)
        self._decoder = _session(folder / "decoder_model_merged.ort", threads)
        self._tokens = TokenTable.read(folder / "tokenizer.bin")
        names = [output.name for output in self._decoder.get_outputs()]
        self._own_cache = [name for name in names if name.startswith("present.") and ".decoder." in name]
        self._cross_cache = [name for name in names if name.startswith("present.") and ".encoder." in name]
        empty = np.zeros((1, _HEADS, 0, _HEAD_WIDTH), np.float32)
        unread = np.zeros((1, _HEADS, 1, _HEAD_WIDTH), np.float32)
        self._no_cache: dict[str, Any] = {
            f"past_key_values.{layer}.{side}.{part}": empty if side == "decoder" else unread
            for layer in range(_LAYERS)
            for side in ("decoder", "encoder")
            for part in ("key", "value")
        }

    def warm_up(self) -> None:
        """Run once on a second of silence, so that the first real clip is not the slow one."""
        self.transcribe(np.zeros(SAMPLE_RATE_HZ, np.float32))

    def transcribe(
        self,
        samples: NDArray[np.float32],
        draft: Sequence[int] = (),
        should_stop: Callable[[], bool] = _never,
    ) -> Hypothesis:
        """Transcribe one clip.

        samples: float32 [n] mono at 16 kHz in -1..1, at most MAX_SECONDS; shorter than MIN_SECONDS is padded.
        draft: tokens of an earlier hypothesis of the same clip; those that still hold are accepted in one pass.
        should_stop: asked before each pass; when true, what was decoded so far comes back with `stopped` set.
        Raises ValueError when the clip is empty or too long.
        """
        if not 0 < len(samples) <= MAX_SECONDS * SAMPLE_RATE_HZ:
            raise ValueError(f"a clip must have 1 sample to {MAX_SECONDS:.0f} s, got {len(samples)} samples")
        shortfall = int(MIN_SECONDS * SAMPLE_RATE_HZ) - len(samples)
        clip = np.pad(samples, (0, max(0, shortfall)))[None].astype(np.float32, copy=False)
        limit = int(clip.shape[1] / SAMPLE_RATE_HZ * TOKENS_PER_SECOND) + TOKENS_EXTRA
        if should_stop():
            return Hypothesis("", tuple(draft), stopped=True)
        mask = np.ones(clip.shape, np.int64)
        (states,) = self._encoder.run(None, {"input_values": clip, "attention_mask": mask})
        if should_stop():
            return Hypothesis("", tuple(draft), stopped=True)
        return self._decode(states, mask, tuple(draft[: limit - 1]), limit, should_stop)

    def _decode(
        self,
        states: NDArray[np.float32],
        mask: NDArray[np.int64],
        draft: tuple[int, ...],
        limit: int,
        should_stop: Callable[[], bool],
    ) -> Hypothesis:
        feed: dict[str, Any] = {
            **self._no_cache,
            "encoder_hidden_states": states,
            "encoder_attention_mask": mask,
            "use_cache_branch": np.array([False]),
            "input_ids": np.array([[_START_TOKEN, *draft]], np.int64),
        }
        logits, *cache = self._decoder.run(["logits", *self._own_cache, *self._cross_cache], feed)
        best = logits[0].argmax(axis=-1)
        kept = 0
        while kept < len(draft) and best[kept] == draft[kept]:
            kept += 1
        tokens = list(draft[:kept])
        for name, value in zip((*self._own_cache, *self._cross_cache), cache, strict=True):
            if ".decoder." in name and kept < len(draft):
                value = np.ascontiguousarray(value[:, :, : kept + 1])
            feed[name.replace("present", "past_key_values")] = value
        feed["use_cache_branch"] = np.array([True])
        names = ["logits", *self._own_cache]
        inputs = [name.replace("present", "past_key_values") for name in self._own_cache]
        token = int(best[kept])
        while token != _END_TOKEN:
            if len(tokens) >= limit:
                return Hypothesis(self._tokens.text(tokens), tuple(tokens), overran=True)
            tokens.append(token)
            if should_stop():
                return Hypothesis(self._tokens.text(tokens), tuple(tokens), stopped=True)
            feed["input_ids"] = np.array([[token]], np.int64)
            logits, *cache = self._decoder.run(names, feed)
            token = int(logits[0, -1].argmax())
            feed.update(zip(inputs, cache, strict=True))
        return Hypothesis(self._tokens.text(tokens), tuple(tokens))

    def close(self) -> None:
        """Give the weights' memory back; the object is of no use afterwards."""
        del self._encoder, self._decoder
