"""Engines need nothing that an earlier run left on the machine, and leave nothing there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SECONDS = 100
PROGRAMS = {
    "moonshine": "from services.inference.engines.moonshine import Moonshine; Moonshine().warm_up()",
    "whisper": "from services.inference.engines.whisper import Whisper; Whisper().warm_up()",
    "deepfilternet": "from services.inference.engines.deepfilternet import DeepFilterNet; DeepFilterNet(1)",
    "minilm": "from services.inference.engines.minilm import MiniLm; MiniLm()",
    "readers": "from services.inference.engines.phonemes.reader import Reader; Reader()",
    "hibari": (
        "from services.inference.engines.hibari import Hibari\n"
        "from services.inference.engines.phonemes.reader import ENGLISH, Reader\n"
        "Hibari(Reader([ENGLISH])).warm_up()"
    ),
    "kokoro": (
        "from services.inference.engines.kokoro import Kokoro\n"
        "from services.inference.engines.phonemes.reader import ENGLISH, Reader\n"
        "from services.inference.engines.kokoro_voices import Styles\n"
        "from services.inference.settings import InferenceSettings\n"
        "reader = Reader([ENGLISH])\n"
        "Kokoro(reader, Styles(InferenceSettings().kokoro_voices, reader.languages)).warm_up()"
    ),
    "speaker": "from services.inference.engines.speaker import Speaker; Speaker()",
    "voice activity": (
        "import numpy\n"
        "from services.inference.recognition.voice_activity import has_voice\n"
        "has_voice(numpy.zeros(16000))"
    ),
}


@pytest.mark.timeout(_SECONDS + 20)
@pytest.mark.parametrize("engine", PROGRAMS)
def test_an_engine_starts_on_a_new_machine_and_leaves_nothing(tmp_path: Path, engine: str) -> None:
    """onnxruntime, for one, kept a database of telemetry in HOME and sent it to its maker."""
    folders = {name: tmp_path / name for name in ("HOME", "TMPDIR")}
    for folder in folders.values():
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    subprocess.run(
        [sys.executable, "-c", PROGRAMS[engine]],
        cwd=_ROOT,
        env={**kept, **{name: str(folder) for name, folder in folders.items()}},
        check=True,
        timeout=_SECONDS,
    )
    assert [path for folder in folders.values() for path in folder.rglob("*")] == []
