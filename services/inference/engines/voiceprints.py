"""How Kokoro's voices sound to the speaker encoder: measured once from their own speech, kept in a file beside this.

    python -m services.inference.engines.voiceprints

measures them again; needed after a change of the model, the voices, the probes or the encoder. Takes about 4 minutes.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from services.inference.engines.kokoro import Kokoro
from services.inference.engines.phonemes.reader import LANGUAGES, Reader
from services.inference.engines.probes import PROBES
from services.inference.engines.speaker import DIMENSIONS, Speaker
from services.inference.engines.speaker import SAMPLE_RATE_HZ as SPEAKER_RATE_HZ
from services.inference.engines.styles import Styles
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ, Voice

FILE: Final = Path(__file__).with_name("voiceprints.npz")

Print = NDArray[np.float32]


def read_prints(names: Iterable[str]) -> Mapping[str, Print]:
    """float32 [DIMENSIONS] of length 1 for each voice. Raises ValueError for one that was never measured."""
    with np.load(FILE, allow_pickle=False) as stored:
        missing = sorted(set(names) - set(stored.files))
        if missing:
            raise ValueError(
                f"{FILE.name} has no print of {', '.join(missing)}: "
                "run python -m services.inference.engines.voiceprints"
            )
        return {name: _normal(stored[name].astype(np.float32)) for name in names}


def probe(kokoro: Kokoro, voice: Voice, language: str, number: int) -> NDArray[np.float32]:
    """A probe said by a voice: float32 [n] at the encoder's rate. language: one of the voice's."""
    sound = np.concatenate(list(kokoro.sounds(PROBES[language][number], voice, language, 1.0)))
    return np.asarray(soxr.resample(sound, SAMPLE_RATE_HZ, SPEAKER_RATE_HZ), np.float32)


def measured(kokoro: Kokoro, speaker: Speaker, voice: Voice) -> Print:
    """The mean over the probes of its own language."""
    language = voice.languages[0]
    sounds = [probe(kokoro, voice, language, number) for number in range(len(PROBES[language]))]
    return _normal(speaker.embed(sounds).mean(axis=0))


def _normal(direction: NDArray[np.float32]) -> Print:
    assert direction.shape == (DIMENSIONS,)
    return np.asarray(direction / np.linalg.norm(direction), np.float32)


def main(folder: str) -> None:
    """Measure every voice of a folder and write the file."""
    kokoro, speaker = Kokoro(Reader(), Styles(Path(folder), LANGUAGES)), Speaker()
    prints = {name: measured(kokoro, speaker, voice).astype(np.float16) for name, voice in kokoro.voices.items()}
    np.savez_compressed(FILE, **prints)
    kokoro.close()


if __name__ == "__main__":
    main(*(sys.argv[1:] or [".tools/kokoro/voices"]))
