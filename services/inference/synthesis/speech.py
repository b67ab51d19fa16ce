"""Speaks a text piece by piece with the engine that has the voice."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.synthesiser import (
    MAX_SPEED,
    MIN_SPEED,
    SAMPLE_RATE_HZ,
    Synthesiser,
    UnknownVoice,
    Voice,
)
from services.inference.synthesis.clauses import Pauses, pieces
from services.inference.synthesis.loudness import gain_db
from services.inference.synthesis.shaping import shaped
from services.kit.reading.sentences import sentences
from services.kit.reading.speakable import speakable


class Speech:
    """One text to be spoken. Each step of the iteration makes one piece.

    Yields int16 [n] at 24 kHz, empty for a piece that cannot be pronounced. Each piece, the last too, ends with its
    pause, so that texts sent one after the other sound like one. `over` is true once the last piece was yielded.
    """

    def __init__(
        self, engine: Synthesiser, text: str, voice: Voice, language: str, speed: float, pauses: Pauses
    ) -> None:
        """language: one of the voice's own."""
        self.engine = engine
        self.over = False
        self._text, self._voice, self._language, self._speed, self._pauses = text, voice, language, speed, pauses

    def __iter__(self) -> Iterator[NDArray[np.int16]]:
        primary = self._language.split("-")[0]
        spoken = sentences(speakable(self._text, self._language))
        found = list(pieces(spoken, self._pauses, self.engine.piece_characters, primary))
        for at, (piece, pause_ms) in enumerate(found):
            sound = self._piece(piece, pause_ms)
            self.over = at == len(found) - 1
            yield sound
        self.over = True

    def _piece(self, piece: str, pause_ms: int) -> NDArray[np.int16]:
        sounds = list(self.engine.sounds(piece, self._voice, self._language, self._speed))
        gain = gain_db(self._voice)
        parts = [
            shaped(sound, SAMPLE_RATE_HZ, pause_ms if at == len(sounds) - 1 else self._pauses.comma_ms, gain)
            for at, sound in enumerate(sounds)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


class Speaker:
    """All voices of some engines. Thread-safe."""

    def __init__(self, engines: Sequence[Synthesiser], default: str, pauses: Pauses | None = None) -> None:
        """default: the voice of a text that names no voice. Raises UnknownVoice when it is not installed."""
        self._engines = engines
        self._pauses = pauses or Pauses()
        self._default = default
        self.found(default)

    def order(self, text: str, voice: str | None = None, language: str | None = None, speed: float = 1.0) -> Speech:
        """Prepare a text to be spoken; synthesis starts when the result is iterated.

        text: plain or Markdown; voice: a name, or a mix that an engine can make; language: BCP-47, default the voice's
        own. Raises ValueError for a voice, a language or a speed that is not available.
        """
        engine, found = self.found(voice or self._default)
        tag = found.speaks(language) if language else found.languages[0]
        if tag is None:
            spoken = ", ".join(found.languages)
            raise ValueError(f"voice {found.name!r} speaks {spoken}, not {language!r}; {self._who_speaks(language)}")
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise ValueError(f"`speed` must be {MIN_SPEED} to {MAX_SPEED}, got {speed:g}")
        return Speech(engine, text, found, tag, speed, self._pauses)

    @property
    def voices(self) -> dict[str, Voice]:
        """Every voice by name, in the order of the engines. For a name of two engines, the first engine's voice."""
        found: dict[str, Voice] = {}
        for engine in self._engines:
            found = {**found, **{name: voice for name, voice in engine.voices.items() if name not in found}}
        return found

    def close(self) -> None:
        """Close the engines; the object is of no use afterwards."""
        for engine in self._engines:
            engine.close()

    def found(self, name: str) -> tuple[Synthesiser, Voice]:
        """The voice, or the mix, of that name, and its engine. Raises UnknownVoice."""
        for engine in self._engines:
            if name in engine.voices:
                return engine, engine.voices[name]
        problem = UnknownVoice(f"voice {name!r} is not installed; installed: {', '.join(self.voices)}")
        if "*" not in name:
            raise problem
        for engine in self._engines:
            try:
                return engine, engine.voice(name)
            except UnknownVoice as refusal:
                problem = refusal
        raise problem

    def _who_speaks(self, language: str | None) -> str:
        able = [name for name, voice in self.voices.items() if voice.speaks(language or "")]
        return f"these do: {', '.join(able)}" if able else "no installed voice does"
