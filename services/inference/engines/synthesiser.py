"""What every engine of speech synthesis is to those who use it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 24_000
MIN_SPEED: Final = 0.5
MAX_SPEED: Final = 2.0


class UnknownVoice(ValueError):
    """No such voice, or a mix that cannot be made; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice, or a mix of some.

    parts: (name, weight) of the voices it is made of, weights sum to 1; languages: BCP-47 tags it can speak, its own
    first.
    """

    name: str
    languages: tuple[str, ...]
    parts: tuple[tuple[str, float], ...]

    def speaks(self, language: str) -> str | None:
        """The voice's own tag for a language asked for, by its primary tag; None when it doesn't speak it."""
        wanted = language.lower().replace("_", "-")
        exact = [tag for tag in self.languages if tag.lower() == wanted]
        near = [tag for tag in self.languages if tag.lower().split("-")[0] == wanted.split("-")[0]]
        return next(iter(exact + near), None)


class Synthesiser(Protocol):
    """An engine that speaks pieces of text. `sounds` is called from several threads at once.

    voices: those installed, by name. max_threads: how many can shorten the work
    of one piece; piece_characters: most characters of the first, second, … piece of a text, the last
    for all that follow: what a caller waits for, against how good a long piece sounds.
    """

    name: str
    voices: Mapping[str, Voice]
    max_threads: int
    piece_characters: tuple[int, ...]

    def voice(self, name: str) -> Voice:
        """The voice, or the mix, of that name. Raises UnknownVoice."""

    def warm_up(self) -> None:
        """Run once, so that the first real text is not the slow one."""

    def sounds(self, piece: str, voice: Voice, language: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Synthesise one piece of text, in as many parts as the engine needs.

        language: one of the voice's; speed: MIN_SPEED to MAX_SPEED. Yields float32 [n] at 24 kHz with the engine's own
        silence around it and at its own level; nothing where there is nothing to pronounce.
        """

    def close(self) -> None:
        """Give the weights' memory back; the object is of no use afterwards."""
