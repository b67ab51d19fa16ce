"""The questions of the bench, as recordings."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import soundfile
from pytest_audioeval.samples.registry import SampleLang, SampleRegistry

from cli.speech import Line, from_file, from_text, with_pauses
from cli.waveform import RATE_HZ

# A person who goes on speaking pauses this long at a comma.
COMMA_SECONDS = 0.2
TEXTS = (
    "Are you open today?",
    "What time do you open on Saturday?",
    "Do you sell desk lamps, or only lamps for the ceiling?",
    "How long does delivery take?",
    "If I order a lamp this evening, when will it arrive at my house?",
    "Can I return it?",
    "I bought a lamp last week, but the switch is broken, so what should I do now?",
    "Where is your shop?",
    "Well, my sister told me about your shop, and I would like to visit you on Sunday, if you are open.",
    "Do you repair old lamps, and how much does that cost?",
    "Thank you, that is good to know.",
    "Is there a phone number that I can call, please?",
)


@dataclass(frozen=True)
class Question:
    """text: the words of the recording. line: the recording."""

    text: str
    line: Line


def questions(folder: Path) -> list[Question]:
    """All questions: synthesised ones with natural pauses, and recorded English samples of other voices.

    folder: where the synthesised recordings are kept, each named by its content, so that every run plays the same.
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
