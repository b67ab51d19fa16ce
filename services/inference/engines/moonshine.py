"""Moonshine tiny-en, English speech recognition, on onnxruntime: clips of different calls are decoded together."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from services.inference.engines.keyterms import candidates
from services.inference.engines.moonshine_graphs import HEAD_WIDTH, HEADS, LAYERS, decoder, encoder
from services.inference.engines.recogniser import SAMPLE_RATE_HZ, Hypothesis, Speech, check_lengths
from services.inference.engines.tokens import TokenTable

# The model was trained on clips of a second and more. For a shorter clip it repeats the word several times.
MIN_SECONDS: Final = 1.0
# English speech stays below 6.5 tokens a second. A decoder that exceeds the limit is in a loop.
TOKENS_PER_SECOND: Final = 6.5
TOKENS_EXTRA: Final = 8

_START_TOKEN: Final = 1
_END_TOKEN: Final = 2
_UNSEEN: Final = -1e9
_CACHES: Final = 2 * LAYERS

# A key term may be this much less likely than the decoded words (nats): once, and again for each of its tokens, because
# rare names have many. Measured: misheard names 1 to 10 nats, terms that were not said 26 and more.
_BONUS: Final = 2.0
_BONUS_PER_TOKEN: Final = 3.0
_MOST_CANDIDATES: Final = 6
_MOST_TERMS: Final = 4


def _session(model: bytes, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning thread would take the core away from the language model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def bundled_folder() -> Path:
    """Folder of the weights inside the moonshine-voice wheel. Raises FileNotFoundError when it is not installed."""
    spec = importlib.util.find_spec("moonshine_voice")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("moonshine-voice is not installed: install the `inference` extra")
    return Path(spec.origin).parent / "assets" / "tiny-en"


@dataclass(slots=True)
class _Row:
    """One clip that is being decoded.

    cross: float32 [1, HEADS, t, HEAD_WIDTH], key and value of each layer.
    """

    place: int
    speech: Speech
    limit: int
    cross: list[NDArray[np.float32]]
    tokens: list[int] = field(default_factory=list)
    ended: bool = False
    stopped: bool = False
    given: bool = False

    @property
    def over(self) -> bool:
        return self.ended or self.stopped or len(self.tokens) >= self.limit

    def take(self, token: int) -> None:
        """Append the decoder's next token."""
        if token == _END_TOKEN:
            self.ended = True
        elif len(self.tokens) < self.limit:
            self.tokens.append(token)


class Moonshine:
    """Greedy decoding. The encoder takes one clip at a time: a batch is no faster, and would pad a clip to the length
    of the longest. The decoder takes all clips together, each with its own draft and length.
    """

    name = "moonshine"
    languages: tuple[str, ...] = ("en",)
    can_bias = True
    can_detect = False
    max_seconds = 30.0

    def __init__(self, folder: Path | None = None, threads: int = 1, max_batch: int = 8) -> None:
        folder = folder or bundled_folder()
        self.max_batch = max_batch
        files = folder / "encoder_model.ort", folder / "decoder_model_merged.ort"
        self._encoder = _session(encoder(*files), threads)
        self._decoder = _session(decoder(files[1]), threads)
        self._tokens = TokenTable.read(folder / "tokenizer.bin")
        self._cross = [f"cross.{at}" for at in range(_CACHES)]

    def warm_up(self) -> None:
        """Run once on a second of silence, so that the first real clip is not slow."""
        for _ in self.decode([Speech(np.zeros(SAMPLE_RATE_HZ, np.float32))] * 2):
            pass

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        """See `Recogniser.decode`. One pass verifies all tokens of a draft and accepts those that still fit."""
        check_lengths(batch, self.max_seconds)
        rows = []
        for place, speech in enumerate(batch):
            if speech.should_stop():
                yield place, Hypothesis("", speech.draft, stopped=True)
                continue
            rows.append(self._encoded(place, speech))
            yield None
        yield from self._decoded(rows)

    def _encoded(self, place: int, speech: Speech) -> _Row:
        shortfall = int(MIN_SECONDS * SAMPLE_RATE_HZ) - len(speech.samples)
        clip = np.pad(speech.samples, (0, max(0, shortfall)))[None].astype(np.float32, copy=False)
        limit = int(clip.shape[1] / SAMPLE_RATE_HZ * TOKENS_PER_SECOND) + TOKENS_EXTRA
        return _Row(place, speech, limit, self._encoder.run(self._cross, {"samples": clip}))

    def _decoded(self, rows: list[_Row]) -> Iterator[tuple[int, Hypothesis] | None]:
        if not rows:
            return
        batch = _Batch(self._decoder, rows)
        batch.read_drafts()
        while True:
            for row in batch.rows:
                row.stopped = not row.over and row.speech.should_stop()
            for row in [row for row in batch.rows if row.over and not row.given]:
                row.given = True
                if row.speech.keyterms and row.ended:
                    yield from self._biased(row)
                yield row.place, self._hypothesis(row)
            if not batch.drop_finished():
                return
            yield None
            batch.read_last_tokens()

    def _biased(self, row: _Row) -> Iterator[None]:
        """Insert key terms where they are nearly as likely as the decoded words; one pass for each."""
        for _ in range(_MOST_TERMS):
            found = candidates(row.tokens, row.speech.keyterms, self._tokens, _MOST_CANDIDATES)
            if not found:
                return
            heard, *put = self._likelihoods(row, [tuple(row.tokens), *(each.tokens for each in found)])
            gains = [
                likely - heard + _BONUS + _BONUS_PER_TOKEN * len(each.term)
                for likely, each in zip(put, found, strict=True)
            ]
            yield None
            best = int(np.argmax(gains))
            if gains[best] <= 0:
                return
            row.tokens = list(found[best].tokens)

    def _likelihoods(self, row: _Row, texts: Sequence[tuple[int, ...]]) -> NDArray[np.float64]:
        """Log-probability of each text, including its end token."""
        width = 1 + max(len(text) for text in texts)
        tokens = np.full((len(texts), width), _START_TOKEN, np.int64)
        following = np.full((len(texts), width), _END_TOKEN, np.int64)
        for at, text in enumerate(texts):
            tokens[at, 1 : 1 + len(text)] = text
            following[at, : len(text)] = text
        cross = [np.repeat(value, len(texts), axis=0) for value in row.cross]
        frames = np.ones((len(texts), cross[0].shape[2]), np.int32)
        feed = (
            _first_feed(tokens)
            | {"following": following, "frames": frames}
            | dict(zip(self._cross, cross, strict=True))
        )
        (likely,) = self._decoder.run(["likely"], feed)
        inside = np.arange(width) <= np.array([len(text) for text in texts])[:, None]
        return np.asarray((likely * inside).sum(axis=1), np.float64)

    def _hypothesis(self, row: _Row) -> Hypothesis:
        overran = not row.ended and not row.stopped
        return Hypothesis(self._tokens.text(row.tokens), tuple(row.tokens), stopped=row.stopped, overran=overran)

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
        del self._encoder, self._decoder


class _Batch:
    """The rows in the decoder and their caches. Cache positions without a token of the row are masked."""

    def __init__(self, session: ort.InferenceSession, rows: list[_Row]) -> None:
        self.rows = rows
        self._session = session
        self._outputs = ["best", *(f"present.{at}" for at in range(_CACHES))]
        lengths = [row.cross[0].shape[2] for row in rows]
        longest = max(lengths)
        self._frames = (np.arange(longest) < np.array(lengths)[:, None]).astype(np.int32)
        self._cross = {
            f"cross.{at}": np.concatenate([_lengthened(row.cross[at], longest) for row in rows])
            for at in range(_CACHES)
        }
        self._past: dict[str, NDArray[np.float32]] = {}
        self._seen = np.zeros((len(rows), 0), np.bool_)

    def read_drafts(self) -> None:
        """The first pass, over the start token and the drafts: a row keeps the tokens that fit and adds the next."""
        drafts = [row.speech.draft[: row.limit - 1] for row in self.rows]
        width = 1 + max(len(draft) for draft in drafts)
        tokens = np.full((len(drafts), width), _START_TOKEN, np.int64)
        for at, draft in enumerate(drafts):
            tokens[at, 1 : 1 + len(draft)] = draft
        best = self._run(_first_feed(tokens))
        held = np.zeros(len(drafts), np.int64)
        for at, (row, draft) in enumerate(zip(self.rows, drafts, strict=True)):
            kept = 0
            while kept < len(draft) and best[at, kept] == draft[kept]:
                kept += 1
            row.tokens = list(draft[:kept])
            row.take(int(best[at, kept]))
            held[at] = 1 + kept
        self._seen = np.arange(width) < held[:, None]

    def read_last_tokens(self) -> None:
        """A later pass: every unfinished row gets one token."""
        seen = np.concatenate([self._seen, np.ones((len(self.rows), 1), np.bool_)], axis=1)
        bias = np.where(seen, np.float32(0), np.float32(_UNSEEN))[:, None, None]
        tokens = np.array([[row.tokens[-1] if row.tokens else _START_TOKEN] for row in self.rows], np.int64)
        positions = np.array([[len(row.tokens)] for row in self.rows], np.int64)
        best = self._run({"tokens": tokens, "positions": positions, "bias": bias} | self._past)
        self._seen = seen
        for row, token in zip(self.rows, best[:, 0], strict=True):
            if not row.over:
                row.take(int(token))

    def _run(self, feed: dict[str, Any]) -> NDArray[np.int64]:
        feed |= {"following": feed["tokens"], "frames": self._frames} | self._cross
        best, *present = self._session.run(self._outputs, feed)
        self._past = {f"past.{at}": value for at, value in enumerate(present)}
        return np.asarray(best, np.int64)

    def drop_finished(self) -> bool:
        """Remove finished rows once they are half of all. Returns whether an unfinished row is left."""
        going = [at for at, row in enumerate(self.rows) if not row.over]
        if going and 2 * len(going) <= len(self.rows):
            longest = int(self._frames[going].sum(axis=1).max())
            self._frames = self._frames[going, :longest]
            self._cross = {name: np.ascontiguousarray(value[going, :, :longest]) for name, value in self._cross.items()}
            self._past = {name: np.ascontiguousarray(value[going]) for name, value in self._past.items()}
            self._seen = self._seen[going]
            self.rows = [self.rows[at] for at in going]
        return bool(going)


def _first_feed(tokens: NDArray[np.int64]) -> dict[str, Any]:
    """The decoder's inputs for texts from their start: each token sees those before it, and the cache is empty."""
    count, width = tokens.shape
    later = np.triu(np.full((width, width), _UNSEEN, np.float32), 1)
    empty = np.zeros((count, HEADS, 0, HEAD_WIDTH), np.float32)
    return {
        "tokens": tokens,
        "positions": np.tile(np.arange(width), (count, 1)),
        "bias": np.tile(later, (count, 1, 1, 1)),
        **{f"past.{at}": empty for at in range(_CACHES)},
    }


def _lengthened(cross: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    return np.pad(cross, ((0, 0), (0, 0), (0, frames - cross.shape[2]), (0, 0)))
