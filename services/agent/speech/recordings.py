"""Recordings of the fixed lines. A line in one voice is a file in the worker's folder, and a call plays it without an
engine.

The recordings of the default voices ship with Callbox; the worker makes others when a call first needs them.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import soundfile

from services.agent.speech.phrases import ENGLISH, PHRASES, Line
from services.agent.speech.speaking import SAMPLE_RATE_HZ
from services.kit.catalogue import Catalogue, Voice
from services.kit.languages import lookup

_SHIPPED_SUFFIX = ".ogg"
_SUFFIX = ".pcm"
_MAKE_SECONDS = 20.0

# One recording → 16-bit mono PCM at 24 kHz.
Speak = Callable[["Recording"], Awaitable[bytes]]


@dataclass(frozen=True)
class Recording:
    """One fixed line in one voice. language: the catalogue's tag that the voice is asked to speak."""

    line: Line
    text: str
    voice: Voice
    language: str

    @property
    def name(self) -> str:
        """Name of its file, without the ending. It changes with the text and with the engine's voice."""
        engine = _digest(f"{self.voice.model}\n{self.voice.voice}\n{self.language}")
        return f"{_text_name(self.line, self.text)}-{self.voice.name}-{engine}"


def recordings(catalogue: Catalogue, language: str, voice: str = "") -> dict[Line, Recording]:
    """The lines in the language of the catalogue that matches a tag; empty when the lines have no texts in it.

    voice: public name; empty, or a voice that does not speak the language, means the language's default.
    """
    served = lookup(language, catalogue.defaults)
    known = _phrases(catalogue, served) if served else None
    if served is None or known is None:
        return {}
    chosen = catalogue.voice(voice) if voice else None
    if chosen is None or chosen.serving(served) is None:
        chosen = catalogue.voice(catalogue.defaults[served].voice)
    return {line: Recording(line, text, chosen, served) for line, text in known.items()} if chosen else {}


def base_language(catalogue: Catalogue) -> str:
    """The language whose lines every worker has: English if it is served."""
    return lookup(ENGLISH, catalogue.defaults) or next(iter(catalogue.defaults))


def _phrases(catalogue: Catalogue, served: str) -> dict[Line, str] | None:
    """The texts for one of the catalogue's languages. The base language has those in English if it has none."""
    known = lookup(served, PHRASES) or (ENGLISH if served == base_language(catalogue) else None)
    return PHRASES[known] if known else None


class RecordingFolder:
    """The worker's folder of recordings: 16-bit mono PCM at 24 kHz."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def has(self, recording: Recording) -> bool:
        """Whether this recording exists."""
        return self._file(recording.name).exists()

    def read(self, recording: Recording) -> bytes | None:
        """The audio of a recording; None if it does not exist."""
        try:
            return self._file(recording.name).read_bytes()
        except FileNotFoundError:
            return None

    def read_any(self, line: Line, text: str) -> bytes | None:
        """The audio of a text by whichever voice has spoken it; None if none has."""
        found = sorted(self._path.glob(f"{_text_name(line, text)}-*{_SUFFIX}"))
        return found[0].read_bytes() if found else None

    def unpack(self, shipped: Path) -> None:
        """Adds the recordings that ship with Callbox, and removes those of texts that no line has any more."""
        self._path.mkdir(parents=True, exist_ok=True)
        texts = tuple(_text_name(line, text) for texts in PHRASES.values() for line, text in texts.items())
        for file in self._path.glob(f"*{_SUFFIX}"):
            if not file.name.startswith(texts):
                file.unlink()
        for packed in shipped_files(shipped):
            if not self._file(packed.stem).exists():
                samples, _ = soundfile.read(packed, dtype="int16")
                self._write(packed.stem, samples.tobytes())

    async def make(self, recording: Recording, speak: Speak) -> None:
        """Makes a recording. Raises: TimeoutError, and what `speak` raises."""
        async with asyncio.timeout(_MAKE_SECONDS):
            self._write(recording.name, await speak(recording))

    def _file(self, name: str) -> Path:
        return self._path / f"{name}{_SUFFIX}"

    def _write(self, name: str, audio: bytes) -> None:
        draft = self._file(name).with_suffix(".draft")
        draft.write_bytes(audio)
        draft.rename(self._file(name))


def shipped_path(folder: Path, recording: Recording) -> Path:
    """Where a recording lies among those that ship."""
    return folder / f"{recording.name}{_SHIPPED_SUFFIX}"


def shipped_files(folder: Path) -> set[Path]:
    """The recordings in a folder of those that ship."""
    return {file for line in Line for file in folder.glob(f"{line}-*{_SHIPPED_SUFFIX}")}


def write_shipped(folder: Path, recording: Recording, audio: bytes) -> Path:
    """Writes a recording in the form that ships: Opus. audio: 16-bit mono PCM at 24 kHz."""
    path = shipped_path(folder, recording)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, channels=1, format="OGG", subtype="OPUS") as file:
        file.buffer_write(audio, "int16")
    return path


def _text_name(line: Line, text: str) -> str:
    return f"{line}-{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
