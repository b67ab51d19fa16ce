"""Chatterbox, which clones the voice of a recording. Needs a GPU and weights that the operator provides."""

import importlib.util
import re
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from services.inference.engines.synthesiser import SAMPLE_RATE_HZ, UnknownVoice, Voice
from services.inference.workspace import SetupError

_PACKAGE: Final = "chatterbox"
# The files that ChatterboxTTS.from_local reads.
_WEIGHTS: Final = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json")
_LANGUAGE: Final = "en"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
# Voices whose conditions are cached, a few MB each on the device.
_MAX_KEPT: Final = 64
# Expressiveness and pacing: the authors' advice for everyday speech.
_EXAGGERATION: Final = 0.5
_GUIDANCE: Final = 0.5


class Chatterbox:
    """Has one voice for each recording, `NAME.wav`, that is in the folder at the start."""

    name = "chatterbox"
    max_threads = 1
    # A piece is returned as a whole, so the caller waits for all of the first piece.
    piece_characters: tuple[int, ...] = (60, 200)

    def __init__(self, weights: Path, recordings: Path, device: str = "cuda") -> None:
        """weights: folder of the model's files; device: as PyTorch names it.

        Raises SetupError when the package, the weights or the recordings are missing.
        """
        if importlib.util.find_spec(_PACKAGE) is None:
            raise SetupError("chatterbox-tts is not installed: install the `chatterbox` extra")
        if missing := [name for name in _WEIGHTS if not (weights / name).is_file()]:
            raise SetupError(
                f"{weights.absolute()} lacks {', '.join(missing)} of Chatterbox: set `weights` in the profile to the "
                "folder that has them"
            )
        found = sorted(path.stem for path in recordings.glob("*.wav") if _NAME.fullmatch(path.stem))
        if not found:
            raise SetupError(
                f"{recordings.absolute()} has no recording: put a WAV of each voice in it, or set `recordings` in the "
                "profile to the folder that has them"
            )
        self._recordings = recordings
        self.voices: Mapping[str, Voice] = MappingProxyType(
            {name: Voice(name, (_LANGUAGE,), ((name, 1.0),)) for name in found}
        )
        self._net: Any = import_module("chatterbox.tts").ChatterboxTTS.from_local(weights, device)
        if self._net.sr != SAMPLE_RATE_HZ:
            raise SetupError(f"this Chatterbox speaks at {self._net.sr} Hz, not at {SAMPLE_RATE_HZ}: install 0.1.7")
        self._turn = threading.Lock()  # guards the network, which holds one voice at a time, and the cache
        self._kept: LRUCache[str, Any] = LRUCache(_MAX_KEPT)

    def voice(self, name: str) -> Voice:
        """The voice of that name; Chatterbox cannot mix voices. Raises UnknownVoice."""
        if found := self.voices.get(name):
            return found
        raise UnknownVoice(f"there is no recording of a voice {name!r}; recorded: {', '.join(self.voices)}")

    def warm_up(self) -> None:
        """Speak once with the first voice."""
        for _ in self.sounds(
            "A sentence, so that every buffer has its size.", next(iter(self.voices.values())), "", 1.0
        ):
            pass

    def sounds(self, piece: str, voice: Voice, language: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Synthesise one piece of text; see `Synthesiser.sounds`."""
        with self._turn:
            self._net.conds = self._conditions(voice.name)
            made = self._net.generate(piece, exaggeration=_EXAGGERATION, cfg_weight=_GUIDANCE)
        sound = np.asarray(made.squeeze(0).numpy(), np.float32)
        if speed != 1.0:
            sound = np.asarray(import_module("librosa").effects.time_stretch(sound, rate=speed), np.float32)
        yield sound

    def _conditions(self, name: str) -> Any:
        """The network's conditions for a recording. Caches the last used _MAX_KEPT voices. The lock must be held."""
        if name not in self._kept:
            self._net.prepare_conditionals(str(self._recordings / f"{name}.wav"), exaggeration=_EXAGGERATION)
            self._kept[name] = self._net.conds
        return self._kept[name]

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
        self._kept.clear()
        del self._net
