"""Finds the mix of Kokoro's voices most like a recorded speaker, by synthesising mixes and comparing them."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.kokoro import Kokoro
from services.inference.engines.mix_search import Known, Shares, written
from services.inference.engines.speaker import SAMPLE_RATE_HZ, NoSpeech, Speaker
from services.inference.engines.voiceprints import probe, read_prints

MIN_SECONDS: Final = 3.0
MAX_SECONDS: Final = 60.0
# More rounds did not improve the match in `bench/matching.py`.
_MAX_ROUNDS: Final = 4
_SEARCHED, _UNHEARD = 0, 1

# Speech is at its peak level for 0.1 % of the time, a sine for 6 %, a clipped recording for much more.
_CLIPPED_LEVEL: Final = 0.995
_MAX_CLIPPED_SHARE: Final = 0.1


class CannotMatch(ValueError):
    """The recording cannot be matched, or no voice speaks the language. The message says what to send instead."""


@dataclass(frozen=True, slots=True)
class Match:
    """A voice or mix, as the tts model reads it, and its similarity: the cosine of the two speakers' embeddings."""

    voice: str
    similarity: float


class Matcher:
    """Kokoro and the speaker encoder. Runs one `match` at a time, on a few threads."""

    def __init__(self, kokoro: Kokoro, workers: int, seconds: float) -> None:
        """workers: mixes that are made at once. seconds: time after which no new round begins."""
        self._kokoro = kokoro
        self._speaker = Speaker()
        self._prints = read_prints(kokoro.voices)
        self._workers = workers
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="match")

    def warm_up(self) -> None:
        """Synthesise a short piece. The speaker encoder needs no warm-up."""
        self._kokoro.warm_up()

    def match(self, samples: NDArray[np.float32], language: str) -> Match:
        """The voice or mix most like a recording.

        samples: float32 [n] at 16 kHz in -1..1, 3 to 60 s of one speaker; language: BCP-47 tag that it must speak.
        Raises: CannotMatch.
        """
        began = time.monotonic()
        _check(samples)
        names = self._speaking(language)
        if not names:
            raise CannotMatch(f"no voice speaks {language!r}; served: {', '.join(self.languages)}")
        try:
            target = self._speaker.embed([samples])[0]
        except NoSpeech as fault:
            raise CannotMatch(f"{fault}: send {MIN_SECONDS:g} to {MAX_SECONDS:g} s of one speaker") from fault
        return self._judged(self._search(names, language, target, began + self._seconds), language, target)

    @property
    def languages(self) -> list[str]:
        """The languages for which there is a voice."""
        return sorted({tag for voice in self._kokoro.voices.values() for tag in voice.languages})

    def _speaking(self, language: str) -> list[str]:
        """Names of the voices of a language; only those of the exact accent if there are any."""
        tags = {name: voice.speaks(language) for name, voice in self._kokoro.voices.items()}
        exact = [name for name, tag in tags.items() if tag and tag.lower() == language.lower()]
        return exact or [name for name, tag in tags.items() if tag]

    def _judged(self, searched: Sequence[Match], language: str, target: NDArray[np.float32]) -> Match:
        """The best match by both probe sentences. The search uses one sentence and fits its peculiarities."""
        heard = self._pool.map(self._hear, [(each.voice, language, _UNHEARD) for each in searched])
        judged = [Match(each.voice, float(direction @ target)) for each, direction in zip(searched, heard, strict=True)]
        sums = [first.similarity + second.similarity for first, second in zip(searched, judged, strict=True)]
        return judged[int(np.argmax(sums))]

    def _search(self, names: Sequence[str], language: str, target: NDArray[np.float32], deadline: float) -> list[Match]:
        """The nearest voice, and the nearest mix if it is nearer, with their measured similarity."""
        known = Known(np.stack([self._prints[name] for name in names]))
        tried: list[Shares] = []
        likeness: list[float] = []
        asked = known.singles(target, 1) + known.propose(target, [], max(1, self._workers - 1))
        for _ in range(_MAX_ROUNDS):
            began = time.monotonic()
            mixes = [(written(names, shares), language, _SEARCHED) for shares in asked]
            for shares, direction in zip(asked, self._pool.map(self._hear, mixes), strict=True):
                known.add(shares, direction)
                tried.append(shares)
                likeness.append(float(direction @ target))
            asked = known.propose(target, tried, self._workers)
            now = time.monotonic()
            # The final comparison costs about as much as two rounds.
            if not asked or now + 3 * (now - began) > deadline:
                break
        found = [Match(written(names, shares), like) for shares, like in zip(tried, likeness, strict=True)]
        single, best = found[0], max(found, key=lambda each: each.similarity)
        return [single] if best is single else [single, best]

    def _hear(self, what: tuple[str, str, int]) -> NDArray[np.float32]:
        name, language, number = what
        voice = self._kokoro.voice(name)
        sound = probe(self._kokoro, voice, voice.speaks(language) or voice.languages[0], number)
        return np.asarray(self._speaker.embed([sound])[0])

    def close(self) -> None:
        """Stop the threads and free the weights' memory. The object cannot be used afterwards."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._kokoro.close()


def _check(samples: NDArray[np.float32]) -> None:
    """Check the length and the level. Raises CannotMatch."""
    seconds = len(samples) / SAMPLE_RATE_HZ
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise CannotMatch(
            f"the recording has {seconds:.1f} s: send {MIN_SECONDS:g} to {MAX_SECONDS:g} s of one speaker"
        )
    peak = float(np.abs(samples).max())
    if peak and float(np.mean(np.abs(samples) >= _CLIPPED_LEVEL * peak)) > _MAX_CLIPPED_SHARE:
        raise CannotMatch("the recording is cut off at its peaks: record it again at a lower level")
