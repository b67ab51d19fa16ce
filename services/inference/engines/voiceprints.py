"""The speaker embeddings of Kokoro's voices, measured from their own speech and kept in a file beside this one.

    python -m services.inference.engines.voiceprints

measures them again. Run it after a change of the model, the voices, the probes or the encoder. It takes about 4 minutes
on two cores.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from services.inference.engines.kokoro import Kokoro, Pronunciation
from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.phonemes.reader import LANGUAGES, Reader
from services.inference.engines.probe_sentences import PROBES
from services.inference.engines.speaker import SAMPLE_RATE_HZ as SPEAKER_RATE_HZ
from services.inference.engines.speaker import Speaker
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ, Voice
from services.inference.settings import InferenceSettings

FILE: Final = Path(__file__).with_name("voiceprints.npz")
_COMMAND: Final = "python -m services.inference.engines.voiceprints"
# Prefixes of the file's keys: print/VOICE, and phonemes/ with the probe's language and number.
_PRINT, _PHONEMES = "print/", "phonemes/"

Print = NDArray[np.float32]


class ProbeReader:
    """Knows the phonemes of the probes only, from the file. The dictionaries of all languages would take 400 MB."""

    def __init__(self) -> None:
        with np.load(FILE, allow_pickle=False) as stored:
            self._phonemes = {
                (text, language): str(stored[f"{_PHONEMES}{language}/{number}"])
                for language, texts in PROBES.items()
                for number, text in enumerate(texts)
            }

    def read(self, text: str, language: str) -> str:
        """Phonemes of a probe."""
        return self._phonemes[text, language]


def read_prints(names: Iterable[str]) -> Mapping[str, Print]:
    """The embedding of each voice: float32 [d] of length 1. Raises ValueError for a voice that was not measured."""
    with np.load(FILE, allow_pickle=False) as stored:
        if missing := [name for name in names if _PRINT + name not in stored]:
            raise ValueError(f"{FILE.name} has no print of {', '.join(missing)}: run {_COMMAND}")
        return {name: _normal(stored[_PRINT + name].astype(np.float32)) for name in names}


def probe(kokoro: Kokoro, voice: Voice, language: str, number: int) -> NDArray[np.float32]:
    """A probe sentence spoken by a voice: float32 [n] at the encoder's rate. language: one of the voice's."""
    sound = np.concatenate(list(kokoro.sounds(PROBES[language][number], voice, language, 1.0)))
    return np.asarray(soxr.resample(sound, SAMPLE_RATE_HZ, SPEAKER_RATE_HZ), np.float32)


def _measured(kokoro: Kokoro, speaker: Speaker, voice: Voice) -> Print:
    """The voice's mean embedding over the probes of its own language."""
    language = voice.languages[0]
    sounds = [probe(kokoro, voice, language, number) for number in range(len(PROBES[language]))]
    return _normal(speaker.embed(sounds).mean(axis=0))


def _normal(direction: NDArray[np.float32]) -> Print:
    return np.asarray(direction / np.linalg.norm(direction), np.float32)


def _phonemes(reader: Pronunciation) -> dict[str, str]:
    return {
        f"{_PHONEMES}{language}/{number}": reader.read(text, language)
        for language, texts in PROBES.items()
        for number, text in enumerate(texts)
    }


def main() -> None:
    """Measure every installed voice and write the file."""
    reader, speaker = Reader(), Speaker()
    kokoro = Kokoro(reader, Styles(InferenceSettings().kokoro_voices, LANGUAGES), threads=2)
    prints = {name: _measured(kokoro, speaker, voice).astype(np.float16) for name, voice in kokoro.voices.items()}
    arrays = {_PRINT + name: values for name, values in prints.items()}
    np.savez_compressed(FILE, **arrays, **{key: np.array(text) for key, text in _phonemes(reader).items()})
    kokoro.close()
    reader.close()


if __name__ == "__main__":
    main()
