"""An example of a custom engine: eSpeak NG, which speaks a hundred languages with a robotic voice."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray

from services.inference.engines.synthesiser import SAMPLE_RATE_HZ, UnknownVoice, Voice

_PROGRAM = Path(__file__).with_name("program.py")
# In Triton's model processes `sys.executable` is not Python; this is the interpreter of the environment.
_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
_RATE_HZ = 22_050
_WORDS_A_MINUTE = 160
# A piece takes 0.1 s. A timeout fails only its own text, long before `hang_seconds` would end the process.
_PIECE_SECONDS = 5.0


class Espeak:
    """voices: (BCP-47 tag, eSpeak's name) of each voice, by its name in the catalogue."""

    name = "espeak"
    max_threads = 1
    piece_characters: tuple[int, ...] = (80, 260)

    def __init__(self, voices: Mapping[str, tuple[str, str]]) -> None:
        self.voices = {name: Voice(name, (tag,), ((name, 1.0),)) for name, (tag, _) in voices.items()}
        self._names = {name: theirs for name, (_, theirs) in voices.items()}
        package = Path(espeakng_loader.__file__).parent
        library, data = package / "libespeak-ng.so", package / "espeak-ng-data"
        self._command: list[Path | str] = [_PYTHON, "-I", "-S", _PROGRAM, library, data]

    def voice(self, name: str) -> Voice:
        """The voice of that name; eSpeak cannot mix voices. Raises UnknownVoice."""
        if found := self.voices.get(name):
            return found
        raise UnknownVoice(f"voice {name!r} is not installed; installed: {', '.join(self.voices)}")

    def warm_up(self) -> None:
        """Speak once with every voice, so that a missing voice fails at the start and not in a call."""
        for voice in self.voices.values():
            for _ in self.sounds("a", voice, voice.languages[0], 1.0):
                pass

    def sounds(self, piece: str, voice: Voice, language: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Synthesise one piece of text; see `Synthesiser.sounds`."""
        command = [*self._command, self._names[voice.name], str(round(_WORDS_A_MINUTE * speed))]
        ended = subprocess.run(command, input=piece.encode(), capture_output=True, timeout=_PIECE_SECONDS)
        if ended.returncode:
            raise RuntimeError(ended.stderr.decode().strip())
        samples = np.frombuffer(ended.stdout, np.int16).astype(np.float32) / 32_768
        if samples.size:
            yield soxr.resample(samples, _RATE_HZ, SAMPLE_RATE_HZ)

    def close(self) -> None:
        """Nothing to close: no state is kept between two pieces."""
