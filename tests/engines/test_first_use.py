"""Engines need nothing that an earlier run left on the machine, and leave nothing there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SECONDS = 100
# By model, since the engines of a model share a process.
PROGRAMS = {
    "stt": (
        "import numpy\n"
        "from services.inference.engines.moonshine import Moonshine\n"
        "from services.inference.engines.recogniser import Speech\n"
        "from services.inference.engines.whisper import Whisper\n"
        "from services.inference.recognition.voice_activity import has_voice\n"
        "sound = numpy.zeros(16000, numpy.float32)\n"
        "has_voice(sound)\n"
        "for engine, language in ((Moonshine(), 'en'), (Whisper(), 'es')):\n"
        "    assert list(engine.decode([Speech(sound, language)]))"
    ),
    "tts": (
        "from services.inference.engines.hibari import Hibari\n"
        "from services.inference.engines.kokoro import Kokoro\n"
        "from services.inference.engines.kokoro_voices import Styles\n"
        "from services.inference.engines.phonemes.reader import Reader\n"
        "from services.inference.settings import InferenceSettings\n"
        "reader = Reader()\n"
        "kokoro = Kokoro(reader, Styles(InferenceSettings().kokoro_voices, reader.languages))\n"
        "for engine, name in ((Hibari(reader), 'heart'), (kokoro, 'af_heart')):\n"
        "    assert list(engine.sounds('Yes.', engine.voice(name), 'en-US', 1.0))"
    ),
    "denoise": "from services.inference.engines.deepfilternet import DeepFilterNet; DeepFilterNet(1)",
    "embed": "from services.inference.engines.minilm import MiniLm; MiniLm()",
    "voice_match": "from services.inference.engines.speaker import Speaker; Speaker()",
}


@pytest.mark.timeout(_SECONDS + 20)
@pytest.mark.parametrize("model", PROGRAMS)
def test_the_engines_of_a_model_start_on_a_new_machine_and_leave_nothing(tmp_path: Path, model: str) -> None:
    """onnxruntime, for one, kept a database of telemetry in HOME and sent it to its maker."""
    folders = {name: tmp_path / name for name in ("HOME", "TMPDIR")}
    for folder in folders.values():
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    subprocess.run(
        [sys.executable, "-c", PROGRAMS[model]],
        cwd=_ROOT,
        env={**kept, **{name: str(folder) for name, folder in folders.items()}},
        check=True,
        timeout=_SECONDS,
    )
    assert [path for folder in folders.values() for path in folder.rglob("*")] == []
