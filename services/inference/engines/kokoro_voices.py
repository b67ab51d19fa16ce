"""Kokoro's voices and mixes of them. Each voice is a file with one style vector for each length of text."""

import math
import re
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.synthesiser import UnknownVoice, Voice

LENGTHS: Final = 510
WIDTH: Final = 256
MAX_PARTS: Final = 4

# Language of a voice, by the first letter of its name.
_LANGUAGES: Final = {
    "a": "en-US",
    "b": "en-GB",
    "e": "es",
    "f": "fr",
    "h": "hi",
    "i": "it",
    "j": "ja",
    "p": "pt-BR",
    "z": "zh",
}
_PART: Final = re.compile(r"\s*([a-z]{2}_[a-z]+)\s*\*\s*(0?\.\d{1,6}|1(?:\.0{1,6})?)\s*")


class Styles:
    """The voices of a folder, `af_heart.bin` and so on: float32 [510, 1, 256], a row for each count of tokens.

    voices: those that speak one of `languages`. Raises FileNotFoundError when a language has no voice, ValueError for a
    file of the wrong size.
    """

    def __init__(self, folder: Path, languages: tuple[str, ...]) -> None:
        self._rows: dict[str, NDArray[np.float32]] = {}
        voices: dict[str, Voice] = {}
        for path in sorted(folder.glob("[a-z][fm]_*.bin")):
            language = _LANGUAGES.get(path.stem[0], "")
            if language in languages:
                self._rows[path.stem] = _read(path)
                voices[path.stem] = Voice(path.stem, (language,), ((path.stem, 1.0),))
        if missing := [language for language in languages if (language,) not in {v.languages for v in voices.values()}]:
            raise FileNotFoundError(
                f"{folder.absolute()} has no Kokoro voice for {', '.join(missing)}: run scripts/setup.sh, set "
                "CALLBOX_KOKORO_VOICES to the folder that has them, or remove the language from the profile"
            )
        self.voices = MappingProxyType(voices)

    def voice(self, name: str) -> Voice:
        """A voice, or a mix such as `af_heart*0.6+af_bella*0.4`. Raises UnknownVoice.

        A mix speaks the languages of its parts, that of the heaviest first.
        """
        if found := self.voices.get(name):
            return found
        if "*" not in name:
            raise UnknownVoice(f"voice {name!r} is not installed; installed: {', '.join(self.voices)}")
        parts = _parts(name)
        if unknown := [part for part, _ in parts if part not in self.voices]:
            raise UnknownVoice(f"voice {unknown[0]!r} is not installed; installed: {', '.join(self.voices)}")
        heaviest_first = sorted(parts, key=lambda part: -part[1])
        languages = dict.fromkeys(tag for part, _ in heaviest_first for tag in self.voices[part].languages)
        return Voice(name, tuple(languages), parts)

    def row(self, voice: Voice, tokens: int) -> NDArray[np.float32]:
        """The style vector for a text of that many tokens: float32 [1, 256]."""
        at = min(max(tokens, 1), LENGTHS) - 1
        mixed = sum(weight * self._rows[part][at] for part, weight in voice.parts)
        return np.asarray(mixed, np.float32).reshape(1, WIDTH)


def _read(path: Path) -> NDArray[np.float32]:
    values = np.fromfile(path, np.float32)
    if values.size != LENGTHS * WIDTH or not np.isfinite(values).all():
        raise ValueError(f"{path} is not a voice file of Kokoro: delete its folder and run scripts/setup.sh")
    return values.reshape(LENGTHS, WIDTH)


def _parts(mix: str) -> tuple[tuple[str, float], ...]:
    found = [_PART.fullmatch(part) for part in mix.split("+")]
    parts = tuple((match[1], float(match[2])) for match in found if match)
    if len(parts) != len(found) or len(parts) > MAX_PARTS or len({part for part, _ in parts}) != len(parts):
        raise UnknownVoice(
            f"{mix[:80]!r} is not a voice mix: write up to {MAX_PARTS} different ones, as af_heart*0.6+af_bella*0.4"
        )
    if not math.isclose(sum(weight for _, weight in parts), 1.0, abs_tol=1e-3):
        raise UnknownVoice(f"the weights of {mix!r} must sum to 1, not to {sum(w for _, w in parts):g}")
    return parts
