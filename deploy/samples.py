"""Records a sentence with every voice of the catalogue: `python -m deploy.samples FOLDER [--ending mp3|wav] [VOICE …]`.

Asks the Triton at CALLBOX_TRITON_ADDRESS, which has to be up. In `deploy/samples` are those that the catalogue names;
anywhere else they are recordings to listen to.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from services.kit.catalogue import Voice
from services.kit.catalogue_file import CatalogueError, read
from services.kit.languages import lookup
from services.kit.settings import CatalogueSettings

_ADDRESS = "127.0.0.1:8001"
_SECONDS = 60.0
# Of the variable bit rates that lame offers: about 32 kbit/s of speech, which is hard to tell from the original.
_MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE", "compression_level": 0.8}
_WAV = {"format": "WAV", "subtype": "PCM_16"}
_SENTENCES = {
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
    """Exit status: 2 for a catalogue that cannot be used, 1 where a voice was not recorded."""
    parser = argparse.ArgumentParser(prog="python -m deploy.samples", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("voices", nargs="*", help="names of voices; all when there is none")
    parser.add_argument("--ending", choices=["mp3", "wav"], default="mp3")
    asked = parser.parse_args()
    try:
        # A sample that is still to be made is no fault here.
        catalogue = read(CatalogueSettings().catalogue, with_samples=False)
    except CatalogueError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    chosen = [voice for voice in catalogue.voices if not asked.voices or voice.name in asked.voices]
    asked.folder.mkdir(parents=True, exist_ok=True)
    triton = [voice for voice in chosen if catalogue.pools[voice.pool].protocol == "triton"]
    missed = asyncio.run(_record(triton, asked.folder, asked.ending))
    return 1 if missed else 0


async def _record(voices: list[Voice], folder: Path, ending: str) -> int:
    """How many voices could not be recorded."""
    missed = 0
    async with InferenceServerClient(os.environ.get("CALLBOX_TRITON_ADDRESS", _ADDRESS)) as client:
        for voice in voices:
            path = folder / f"{voice.name}.{ending}"
            try:
                sound = await asyncio.wait_for(_spoken(client, voice), _SECONDS)
            except (InferenceServerException, TimeoutError, KeyError) as fault:
                sys.stderr.write(f"{voice.name}: not recorded ({fault!r})\n")
                missed += 1
                continue
            soundfile.write(path, sound, voice.sample_rate_hz, **(_MP3 if ending == "mp3" else _WAV))
            seconds, size = len(sound) / voice.sample_rate_hz, path.stat().st_size
            sys.stdout.write(f"{path}: {seconds:.1f} s, {size / 1000:.1f} kB\n")
    return missed


async def _spoken(client: InferenceServerClient, voice: Voice) -> NDArray[np.int16]:
    """The sentence of a voice's own language: int16 [n] at the voice's rate."""
    (language, *_) = voice.languages
    text = _SENTENCES[lookup(language, _SENTENCES) or language]
    inputs = [_text("text", text), _text("voice", voice.voice), _text("language", language)]

    async def once() -> AsyncIterator[dict[str, Any]]:
        yield {"model_name": voice.model, "inputs": inputs}

    parts = []
    async for result, error in client.stream_infer(once()):
        if error is not None:
            raise error
        parts.append(result.as_numpy("audio").reshape(-1))
    return np.concatenate(parts)


def _text(name: str, value: str) -> InferInput:
    made = InferInput(name, [1, 1], "BYTES")
    made.set_data_from_numpy(np.array([[value.encode()]], np.object_))
    return made


if __name__ == "__main__":
    sys.exit(main())
