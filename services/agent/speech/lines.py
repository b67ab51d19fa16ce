"""The fixed lines. The worker makes their audio when it starts, so that a call can speak them without an engine."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.agents.voice.io import TimedString

from services.agent.speech.phrases import PHRASES, Line
from services.agent.speech.speaking import SAMPLE_RATE_HZ
from services.kit.catalogue import Catalogue
from services.kit.languages import lookup

_FRAME_BYTES = SAMPLE_RATE_HZ // 50 * 2
_MAKE_SECONDS = 20.0
_BASE = "en"

# (text, public name of the voice, language) → 16-bit mono PCM at 24 kHz.
Speak = Callable[[str, str, str], Awaitable[bytes]]


@dataclass(frozen=True)
class _Recording:
    text: str
    voice: str
    language: str
    path: Path


class Lines:
    """The lines of one call, from the worker's files: in the call's language, or else in the base language."""

    def __init__(self, folder: Path, catalogue: Catalogue, language: str) -> None:
        recordings = _recordings(folder, catalogue, base_language(catalogue))
        recordings |= {
            line: recording
            for line, recording in _recordings(folder, catalogue, lookup(language, catalogue.defaults) or "").items()
            if recording.path.exists()
        }
        self._texts = {line: recording.text for line, recording in recordings.items()}
        self._audio = {line: recording.path.read_bytes() for line, recording in recordings.items()}

    def text(self, line: Line) -> str:
        """The text of a line."""
        return self._texts[line]

    def frames(self, line: Line) -> AsyncIterator[rtc.AudioFrame]:
        """The line as audio frames."""
        return pcm_frames(self._audio[line], self._texts[line])


def base_language(catalogue: Catalogue) -> str:
    """The language whose lines every worker has: English if it is served."""
    return lookup(_BASE, catalogue.defaults) or next(iter(catalogue.defaults))


async def make_lines(folder: Path, catalogue: Catalogue, language: str, speak: Speak) -> None:
    """Writes the missing audio files of the lines in one of the catalogue's languages."""
    folder.mkdir(parents=True, exist_ok=True)
    for recording in _recordings(folder, catalogue, language).values():
        if not recording.path.exists():
            async with asyncio.timeout(_MAKE_SECONDS):
                audio = await speak(recording.text, recording.voice, recording.language)
            draft = recording.path.with_suffix(".draft")
            draft.write_bytes(audio)
            draft.rename(recording.path)


async def pcm_frames(audio: bytes, text: str) -> AsyncIterator[rtc.AudioFrame]:
    """Splits 16-bit mono PCM at 24 kHz into frames of 20 ms, the last one padded. The first frame has all the text."""
    for start in range(0, len(audio), _FRAME_BYTES):
        data = audio[start : start + _FRAME_BYTES].ljust(_FRAME_BYTES, b"\0")
        frame = rtc.AudioFrame(data, SAMPLE_RATE_HZ, 1, _FRAME_BYTES // 2)
        if start == 0:
            frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString(text)]
        yield frame


def _recordings(folder: Path, catalogue: Catalogue, language: str) -> dict[Line, _Recording]:
    """The lines in one of the catalogue's languages; empty if there are no texts in that language."""
    default = catalogue.defaults.get(language)
    known = lookup(language, PHRASES) or (_BASE if language == base_language(catalogue) else None)
    if default is None or known is None:
        return {}
    recordings = {}
    for line, text in PHRASES[known].items():
        name = hashlib.sha256(f"{default.voice}\n{text}".encode()).hexdigest()[:16]
        recordings[line] = _Recording(text, default.voice, language, folder / f"{name}.pcm")
    return recordings
