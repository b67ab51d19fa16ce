"""The interface of every speech synthesis engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 24_000
MIN_SPEED: Final = 0.5
MAX_SPEED: Final = 2.0


class UnknownVoice(ValueError):
    """The voice does not exist or the mix cannot be made. The message lists the installed voices."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice, or a mix of several.

    parts: (name, weight) of the voices in it, weights sum to 1; languages: BCP-47 tags it can speak, its own first.
    """

    name: str
    languages: tuple[str, ...]
    parts: tuple[tuple[str, float], ...]

    def speaks(self, language: str) -> str | None:
        """The voice's tag with the same primary language; None when it does not speak the language."""
        wanted = language.lower().replace("_", "-")
        exact = [tag for tag in self.languages if tag.lower() == wanted]
        near = [tag for tag in self.languages if tag.lower().split("-")[0] == wanted.split("-")[0]]
        return next(iter(exact + near), None)


class Synthesiser(Protocol):
    """An engine that speaks pieces of text. `sounds` must be thread-safe.

    voices: the installed ones, by name; max_threads: more threads do not make one piece faster; piece_characters: most
    characters of the first, second, … piece of a text, the last for all that follow. Short pieces start sooner, long
    pieces sound better.
    """

    name: str
    voices: Mapping[str, Voice]
    max_threads: int
    piece_characters: tuple[int, ...]

    def voice(self, name: str) -> Voice:
        """The voice, or the mix, of that name. Raises UnknownVoice."""

    def warm_up(self) -> None:
        """Run once, so that the first real text is not slow."""

    def sounds(self, piece: str, voice: Voice, language: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Synthesise one piece of text, in as many parts as the engine needs.

        language: one of the voice's; speed: MIN_SPEED to MAX_SPEED. Yields float32 [n] at 24 kHz with the engine's own
        silence and level; nothing when the text has nothing to pronounce.
        """

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
