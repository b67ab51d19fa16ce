"""Whisper base, multilingual speech recognition through CTranslate2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from services.inference.engines.mel import FRAMES_PER_SECOND, log_mel
from services.inference.engines.recogniser import (
    AUTO,
    SAMPLE_RATE_HZ,
    UNDETERMINED,
    Hypothesis,
    Speech,
    check_lengths,
)
from services.inference.engines.spelling import without_loop, words
from services.inference.engines.weights import whisper_base

# The model was trained on windows of 30 s and always computes the whole window. Windows from 8 s on are as accurate;
# with shorter ones it repeats a short clip's text again and again.
_WINDOW_SECONDS: Final = (8, 16, 30)
# Sum of the windows in one pass. A longer pass is no faster on one core, and decoding cannot stop within a pass.
_PASS_SECONDS: Final = 32
# Silence that must follow the clip in every window but the widest, or the model does not find the end.
_SLACK_SECONDS: Final = 1.0

# About twice the most that was measured. A decoder that exceeds it is in a loop.
_TOKENS_PER_SECOND: Final = {"hi": 20.0}
_TOKENS_PER_SECOND_ELSEWHERE: Final = 12.0
_TOKENS_EXTRA: Final = 8
# The model was trained to use half of its 448 positions for the prompt and half for the text.
_MAX_TOKENS: Final = 224
_MAX_PROMPT_TOKENS: Final = 100

# The model continues in the script of its prompt. Without these prompts it writes Hindi in Arabic or Latin letters and
# Chinese in traditional characters.
_OPENINGS: Final = {
    "hi": "नमस्ते, आप कैसे हैं? मैं ठीक हूँ, धन्यवाद।",
    "zh": "请说简体中文，谢谢。",
}
# A looping clip is decoded a second time only if its probability of no speech is at most this.
_MAX_NO_SPEECH: Final = 0.6
# A detected language with a lower probability is a guess: one word is often taken for English, Hindi for Urdu.
_MIN_CERTAINTY: Final = 0.5


@dataclass(slots=True, eq=False)
class _Clip:
    """One clip that is being decoded.

    language: tag that it is decoded in, AUTO while unknown; certain: false if the language is a guess; states: the
    encoder's output for its window; again: whether it is decoded for the second time.
    """

    index: int
    speech: Speech
    language: str
    window: int
    certain: bool
    again: bool = False
    states: NDArray[np.float32] | None = None
    prompt: tuple[int, ...] = ()

    @property
    def heard_in(self) -> str:
        """Tag of the language to report, UNDETERMINED for a guess."""
        return self.language if self.certain else UNDETERMINED

    @property
    def limit(self) -> int:
        """The most tokens that speech of its length can have."""
        rate = _TOKENS_PER_SECOND.get(self.language, _TOKENS_PER_SECOND_ELSEWHERE)
        seconds = len(self.speech.samples) / SAMPLE_RATE_HZ
        return min(_MAX_TOKENS, int(seconds * rate) + _TOKENS_EXTRA)


def _narrowest(samples: int) -> int:
    """Index of the narrowest window for a clip of that many samples."""
    for at, seconds in enumerate(_WINDOW_SECONDS[:-1]):
        if samples <= (seconds - _SLACK_SECONDS) * SAMPLE_RATE_HZ:
            return at
    return len(_WINDOW_SECONDS) - 1


class Whisper:
    """Greedy decoding of batches, at most `workers` at once.

    Clips that fit the same window are decoded together, in any mix of languages. A clip on which the decoder loops is
    decoded once more in the next wider window. CTranslate2 cannot be stopped within a pass, so a pass is bounded: in
    seconds by its windows, in tokens by the length of its clips. `should_stop` of each clip is asked between passes.

    languages: those with a usable measured error rate, see services/inference/README.md.
    """

    name = "whisper"
    languages: tuple[str, ...] = ("de", "en", "es", "fr", "hi", "it", "ja", "pt", "zh")
    can_bias = True
    can_detect = True
    max_seconds = 30.0

    def __init__(self, threads: int = 1, workers: int = 1, max_batch: int = 8, device: str = "cpu") -> None:
        self.max_batch = max_batch
        with whisper_base() as folder:
            self._model = ctranslate2.models.Whisper(
                str(folder),
                device=device,
                compute_type="int8" if device == "cpu" else "float16",
                inter_threads=workers,
                intra_threads=threads,
            )
            self._tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._end = self._token("<|endoftext|>")
        self._openings = {tag: self._encoded(text) for tag, text in _OPENINGS.items()}

    def _token(self, name: str) -> int:
        number = self._tokens.token_to_id(name)
        if number is None:
            raise RuntimeError(f"the weights of Whisper have no token {name}")
        return int(number)

    def _encoded(self, text: str) -> list[int]:
        return list(self._tokens.encode(f" {text}", add_special_tokens=False).ids)

    def warm_up(self) -> None:
        """Run once, on a GPU once on each window, so that the first real clip is not slow.

        On a CPU only the first run of all is slower, by 50 ms; the wider windows would take a second of a core.
        """
        for seconds in _WINDOW_SECONDS[:1] if self._model.device == "cpu" else _WINDOW_SECONDS:
            samples = int((seconds - _SLACK_SECONDS) * SAMPLE_RATE_HZ)
            for _ in self.decode([Speech(np.zeros(samples, np.float32), "es")]):
                pass

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        """See `Recogniser.decode`. Drafts are not used: CTranslate2 would accept them without a check."""
        check_lengths(batch, self.max_seconds)
        for speech in batch:
            if speech.language not in (*self.languages, AUTO):
                raise ValueError(f"language {speech.language!r} is not served: {', '.join(self.languages)}, {AUTO}")
        clips = [
            _Clip(index, speech, speech.language, _narrowest(len(speech.samples)), speech.language != AUTO)
            for index, speech in enumerate(batch)
        ]
        for window, seconds in enumerate(_WINDOW_SECONDS):
            alike = [clip for clip in clips if clip.window == window]
            size = _PASS_SECONDS // seconds
            for first in range(0, len(alike), size):
                yield from self._pass(alike[first : first + size])

    def _pass(self, clips: list[_Clip]) -> Iterator[tuple[int, Hypothesis] | None]:
        """Decode clips of one window. A looping clip is moved to the next window instead of being yielded."""
        yield None
        yield from self._unwanted(clips)
        if clips:
            self._encode(clips)
        yield None
        yield from self._unwanted(clips)
        # The model takes prompts of one length at a time.
        for length in sorted({len(clip.prompt) for clip in clips}):
            alike = [clip for clip in clips if len(clip.prompt) == length]
            for clip, result in zip(alike, self._generate(alike), strict=True):
                found = self._hypothesis(clip, result)
                clip.again = found.overran and not clip.again and result.no_speech_prob < _MAX_NO_SPEECH
                if clip.again and clip.window + 1 < len(_WINDOW_SECONDS):
                    clip.window += 1
                else:
                    yield clip.index, found
            yield None

    @staticmethod
    def _unwanted(clips: list[_Clip]) -> Iterator[tuple[int, Hypothesis]]:
        """Remove the clips whose `should_stop` is true, each with an empty hypothesis."""
        for clip in [clip for clip in clips if clip.speech.should_stop()]:
            clips.remove(clip)
            yield clip.index, Hypothesis("", language=clip.heard_in, stopped=True)

    def _encode(self, clips: Sequence[_Clip]) -> None:
        frames = _WINDOW_SECONDS[clips[0].window] * FRAMES_PER_SECOND
        features = np.stack([log_mel(clip.speech.samples, frames) for clip in clips])
        encoded = self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
        for clip, states in zip(clips, np.array(encoded), strict=True):
            clip.states = states
        unknown = [clip for clip in clips if clip.language == AUTO]
        if unknown:
            for clip, guesses in zip(unknown, self._model.detect_language(self._states(unknown)), strict=True):
                clip.language, clip.certain = self._detected(guesses)
        for clip in clips:
            clip.prompt = self._prompt(clip.language, clip.speech.keyterms)

    def _detected(self, guesses: Sequence[tuple[str, float]]) -> tuple[str, bool]:
        """The most likely served language, and whether the model is certain of it."""
        tags = [(token.strip("<|>"), share) for token, share in guesses]
        served = next(tag for tag, _ in tags if tag in self.languages)
        return served, tags[0][0] == served and tags[0][1] >= _MIN_CERTAINTY

    def _states(self, clips: Sequence[_Clip]) -> Any:
        return ctranslate2.StorageView.from_array(np.stack([clip.states for clip in clips if clip.states is not None]))

    def _prompt(self, language: str, keyterms: Sequence[str]) -> tuple[int, ...]:
        before = [*self._openings.get(language, ())]
        if keyterms:
            # No full stop: after one the decoder often ends the sentence early.
            before = [*self._encoded(", ".join(keyterms)), *before][:_MAX_PROMPT_TOKENS]
        return (
            *((self._token("<|startofprev|>"), *before) if before else ()),
            *self._start(language),
            self._token("<|notimestamps|>"),
        )

    def _start(self, language: str) -> list[int]:
        return [self._token(name) for name in ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>")]

    def _generate(self, clips: Sequence[_Clip]) -> Any:
        longest = max(clip.limit for clip in clips)
        return self._model.generate(
            self._states(clips),
            [list(clip.prompt) for clip in clips],
            beam_size=1,
            # CTranslate2 allows the text half of this, or what the prompt leaves.
            max_length=max(2 * longest, longest + len(clips[0].prompt)),
            return_scores=True,
            return_no_speech_prob=True,
        )

    def _hypothesis(self, clip: _Clip, result: Any) -> Hypothesis:
        decoded = result.sequences_ids[0]
        tokens = tuple(without_loop(decoded[: clip.limit]))
        return Hypothesis(
            self._tokens.decode(tokens).strip(),
            tokens,
            clip.heard_in,
            overran=len(decoded) >= clip.limit or len(tokens) < len(decoded),
            no_speech=result.no_speech_prob,
            confidence=result.scores[0],
            words=tuple(self._words(clip, tokens)) if tokens and clip.speech.timed else (),
        )

    def _words(self, clip: _Clip, tokens: Sequence[int]) -> Iterator[tuple[str, float, float]]:
        frames = min(
            _WINDOW_SECONDS[clip.window] * FRAMES_PER_SECOND,
            len(clip.speech.samples) * FRAMES_PER_SECOND // SAMPLE_RATE_HZ,
        )
        (found,) = self._model.align(self._states([clip]), self._start(clip.language), [list(tokens)], frames)
        return words(tokens, found.alignments, self._tokens.decode)

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
        self._model.unload_model()
        del self._model
