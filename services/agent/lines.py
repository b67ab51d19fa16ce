"""Lines whose audio is made when the worker starts, so that speaking them needs no engine."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path

from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.agents.voice.io import TimedString

from services.agent.speaking import SAMPLE_RATE_HZ, TritonTTS

_FRAME_BYTES = SAMPLE_RATE_HZ // 50 * 2
_MAKE_SECONDS = 20.0


class Line(StrEnum):
    """A line by its words."""

    FILLER = "One moment, please."
    TROUBLE = "Sorry, something went wrong on my side. Could you say that again?"
    TIME_IS_UP = "I'm sorry, our time is up. Goodbye."
    STILL_THERE = "I haven't heard anything for a while, so I'll hang up now. Goodbye."


class Lines:
    """The audio of every line, from files that the worker made."""

    def __init__(self, folder: Path) -> None:
        self._audio = {line: _path(folder, line).read_bytes() for line in Line}

    def frames(self, line: Line) -> AsyncIterator[rtc.AudioFrame]:
        """The line as frames."""
        return pcm_frames(self._audio[line], line.value)


async def make_lines(folder: Path, voice: TritonTTS) -> None:
    """Writes the audio of every line that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in Line:
        path = _path(folder, line)
        if not path.exists():
            async with asyncio.timeout(_MAKE_SECONDS):
                audio = await voice.speak(line)
            draft = path.with_suffix(".draft")
            draft.write_bytes(audio)
            draft.rename(path)


async def pcm_frames(audio: bytes, text: str) -> AsyncIterator[rtc.AudioFrame]:
    """16-bit mono PCM at 24 kHz as frames of 20 ms, the last one padded; the first one knows the text of all."""
    for start in range(0, len(audio), _FRAME_BYTES):
        data = audio[start : start + _FRAME_BYTES].ljust(_FRAME_BYTES, b"\0")
        frame = rtc.AudioFrame(data, SAMPLE_RATE_HZ, 1, _FRAME_BYTES // 2)
        if start == 0:
            frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString(text)]
        yield frame


def _path(folder: Path, line: Line) -> Path:
    return folder / f"{hashlib.sha256(line.encode()).hexdigest()[:16]}.pcm"
