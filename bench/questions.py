"""The questions of the voice bench as recordings: synthesised ones and recorded samples of other voices."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import soundfile
from pytest_audioeval.samples.registry import SampleLang, SampleRegistry

from caller.speech import Line, from_file, from_text, with_pauses
from caller.waveform import RATE_HZ
from measure.questions import TEXTS

# A person's pause at a comma.
COMMA_SECONDS = 0.2


@dataclass(frozen=True)
class Question:
    """text: the words of the recording. line: the recording."""

    text: str
    line: Line


def questions(folder: Path) -> list[Question]:
    """All questions: synthesised ones with natural pauses, and recorded English samples of other voices.

    folder: cache of the synthesised recordings, each named by its content, so that every run plays the same audio.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = [Question(text, Line(text, _recorded(text, folder).samples)) for text in TEXTS]
    samples = SampleRegistry().by_lang(SampleLang.EN)
    return own + [Question(each.reference_text, from_file(each.audio_path)) for each in samples]


def _recorded(text: str, folder: Path) -> Line:
    name = hashlib.sha256(f"{COMMA_SECONDS}:{text}".encode()).hexdigest()[:16]
    path = folder / f"{name}.wav"
    if not path.exists():
        samples = with_pauses(from_text(text).samples, COMMA_SECONDS)
        soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
    return from_file(path)
