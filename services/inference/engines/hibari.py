"""Hibari, English speech synthesis: about 150 times real time on one core."""

import threading
from collections.abc import Iterator
from typing import Final

import numpy as np
from hibari import Hibari as Synthesiser
from hibari import voices
from numpy.typing import NDArray

from services.inference.speaking.clauses import Pauses, pieces
from services.inference.speaking.shaping import shaped
from services.inference.speaking.speakable import speakable

SAMPLE_RATE_HZ: Final = 24_000
MIN_SPEED: Final = 0.5
MAX_SPEED: Final = 2.0


def installed_voices() -> tuple[str, ...]:
    """Names of the voices whose weights are in the package; the others would be downloaded at run time."""
    return tuple(name for name, entry in voices.VOICES.items() if entry.get("bundled"))


class Hibari:
    """One voice. `speak` may be called from several threads at once."""

    def __init__(self, voice: str = "heart", threads: int = 1, pauses: Pauses | None = None) -> None:
        if voice not in installed_voices():
            raise ValueError(f"voice {voice!r} is not installed; installed: {', '.join(installed_voices())}")
        self.voice = voice
        self._pauses = pauses or Pauses()
        self._synthesiser = Synthesiser(voice=voice, threads=threads)
        self._reader = threading.Lock()  # guards the phonemiser, which keeps state between words

    def warm_up(self) -> None:
        """Load the dictionaries, the net for unknown words and the model's buffers."""
        for text in ("Warm up, Kwyjibo.", "A somewhat longer sentence, so that every buffer has its size."):
            for _ in self.speak(text):
                pass

    def speak(self, text: str, speed: float = 1.0) -> Iterator[NDArray[np.int16]]:
        """Synthesise a text piece by piece, the first as soon as its clause is done.

        text: plain or Markdown; speed: MIN_SPEED to MAX_SPEED. Yields int16 [n] at 24 kHz, nothing for a text that
        cannot be read aloud; each piece, the last too, is followed by its pause, so that texts sent one after the other
        sound like one. Stop iterating to stop the work.
        """
        for piece, pause_ms in pieces(speakable(text), self._synthesiser.split_sentences, self._pauses):
            with self._reader:
                phonemes = self._synthesiser.phonemize(piece)
            for at, part in enumerate(phonemes):
                sound = self._synthesiser.from_phonemes(part, speed)
                last = at == len(phonemes) - 1
                pcm = shaped(sound, SAMPLE_RATE_HZ, pause_ms if last else self._pauses.comma_ms)
                if len(pcm):
                    yield pcm

    def close(self) -> None:
        """Give the weights' memory back; the object is of no use afterwards."""
        del self._synthesiser
