"""Records a sentence with each voice of the catalogue: `python -m deploy.samples [--listen] FOLDER [VOICE …]`.

Uses the endpoints in the catalogue. For pools without any it uses the Triton at CALLBOX_TRITON_ADDRESS, or starts one.
`deploy/samples` has the MP3s that the catalogue names; `--listen` writes WAVs and a page instead.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from deploy.local.part import NotReady
from deploy.samples_page import page
from deploy.voices import Job, record
from services.kit.catalogue import Voice
from services.kit.catalogue_file import CatalogueError, read
from services.kit.languages import lookup
from services.kit.settings import CatalogueSettings

# LAME variable bit rate, about 32 kbit/s for speech; hard to tell from the original.
_MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE", "compression_level": 0.8}
_WAV = {"format": "WAV", "subtype": "PCM_16"}
_SENTENCES = {
    "de": "Guten Tag, und danke für Ihren Anruf. Wie kann ich Ihnen helfen?",
    "en": "Hello, and thank you for calling. How can I help you today?",
    "es": "Hola, y gracias por llamar. ¿En qué puedo ayudarle hoy?",
    "fr": "Bonjour, et merci de votre appel. Comment puis-je vous aider ?",
    "hi": "नमस्ते, कॉल करने के लिए धन्यवाद। आज मैं आपकी क्या मदद करूँ?",
    "it": "Buongiorno, e grazie della chiamata. Come posso aiutarla oggi?",
    "ja": "お電話ありがとうございます。本日はどのようなご用件でしょうか。",
    "pt": "Olá, e obrigado pela ligação. Como posso ajudar hoje?",
    "zh": "您好，感谢您的来电。请问今天有什么可以帮您？",
}


def main() -> int:
    """Exit status: 0 all recorded, 1 a voice was not recorded, 2 the catalogue or a sentence is not right."""
    parser = argparse.ArgumentParser(prog="python -m deploy.samples", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("voices", nargs="*", help="names of voices; all when there is none")
    parser.add_argument("--listen", action="store_true", help="write WAVs and a page to listen to them")
    asked = parser.parse_intermixed_args()
    try:
        # The samples may not exist yet.
        catalogue = read(CatalogueSettings().catalogue, with_samples=False)
        chosen = [voice for voice in catalogue.voices if not asked.voices or voice.name in asked.voices]
        triton = [voice for voice in chosen if catalogue.pools[voice.pool].protocol == "triton"]
        jobs = [_job(voice, asked.folder, "wav" if asked.listen else "mp3") for voice in triton]
    except CatalogueError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    asked.folder.mkdir(parents=True, exist_ok=True)
    try:
        recorded = asyncio.run(record(jobs, catalogue.pools))
    except NotReady as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    if asked.listen:
        written = asked.folder / "index.html"
        written.write_text(page((job.voice, job.text, f"{job.name}.wav") for job in recorded), "utf-8")
        sys.stdout.write(f"listen: {written.absolute()}\n")
    return 0 if len(recorded) == len(jobs) else 1


def _job(voice: Voice, folder: Path, ending: str) -> Job:
    def write(sound: NDArray[np.int16]) -> Path:
        path = folder / f"{voice.name}.{ending}"
        soundfile.write(path, sound, voice.sample_rate_hz, **(_MP3 if ending == "mp3" else _WAV))
        return path

    return Job(voice.name, voice, _sentence(voice), voice.languages[0], write)


def _sentence(voice: Voice) -> str:
    """The sentence in the voice's language. Raises: CatalogueError if there is none."""
    language = lookup(voice.languages[0], _SENTENCES)
    if language is None:
        raise CatalogueError(f"deploy/samples.py has no sentence in {voice.languages[0]} for {voice.name}: add one")
    return _SENTENCES[language]


if __name__ == "__main__":
    sys.exit(main())
