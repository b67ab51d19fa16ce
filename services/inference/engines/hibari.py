"""Hibari, English speech synthesis: about 150 times real time on one core."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from hibari import Hibari as Net
from hibari import voices as registry
from numpy.typing import NDArray

from services.inference.engines.phonemes.reader import ENGLISH, Reader, portions
from services.inference.engines.synthesiser import UnknownVoice, Voice

# Most phonemes that the network takes at once, by its documentation.
_MAX_PHONEMES: Final = 400


def _installed() -> Mapping[str, Voice]:
    """The American English voices whose weights are in the package; any other voice would be downloaded."""
    names = (name for name, entry in registry.VOICES.items() if entry.get("bundled") and not entry["british"])
    return MappingProxyType({name: Voice(name, (ENGLISH,), ((name, 1.0),)) for name in names})


class Hibari:
    """The fastest English voice."""

    name = "hibari"
    max_threads = 1
    # The first is about 3 s of speech, 25 ms of work.
    piece_characters: tuple[int, ...] = (45, 260)

    def __init__(self, reader: Reader) -> None:
        """reader: must have American English loaded."""
        self.voices = _installed()
        self._reader = reader
        self._nets = {name: Net(voice=name, threads=self.max_threads) for name in self.voices}

    def voice(self, name: str) -> Voice:
        """The voice of that name; Hibari cannot mix voices. Raises UnknownVoice."""
        if found := self.voices.get(name):
            return found
        raise UnknownVoice(f"voice {name!r} is not installed; installed: {', '.join(self.voices)}")

    def warm_up(self) -> None:
        """Run a short and a longer text, so that the network allocates its buffers."""
        for voice in self.voices.values():
            for text in ("Warm up.", "A somewhat longer sentence, so that every buffer has its size."):
                for _ in self.sounds(text, voice, ENGLISH, 1.0):
                    pass

    def sounds(self, piece: str, voice: Voice, language: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Synthesise one piece of text; see `Synthesiser.sounds`."""
        for phonemes in portions(self._reader.read(piece, language), _MAX_PHONEMES):
            yield self._nets[voice.name].from_phonemes(phonemes, speed)

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
        self._nets.clear()
