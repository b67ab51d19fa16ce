"""Measures recordings that clients send or name: WAV or MP3, told by their content."""

import os
from dataclasses import dataclass

import soundfile

MAX_SECONDS = 60.0
MAX_CHANNELS = 8
MAX_RATE_HZ = 384_000
_BLOCK_FRAMES = 65_536
_SAMPLE_TYPE = "int16"
_SAMPLE_BYTES = 2
_MP3_HEADER_BYTES = 2


class UnusableRecording(Exception):
    """A recording that cannot be used. The message is a predicate, such as `is longer than 60 seconds`."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a recording is. kind: `wav` or `mp3`. seconds: its length when decoded."""

    kind: str
    channels: int
    rate_hz: int
    seconds: float


def kind_of(content: bytes) -> str | None:
    """`wav`, `mp3` or None for something else, by the first bytes."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "wav"
    # An MPEG frame of layer III begins with eleven set bits and the layer's own two.
    is_frame = len(content) >= _MP3_HEADER_BYTES and content[0] == 0xFF and content[1] & 0xE6 == 0xE2
    return "mp3" if is_frame or content.startswith(b"ID3") else None


def measure(content: bytes) -> Recording:
    """Decodes a recording of at most `MAX_SECONDS`; run it in a thread.

    Raises: UnusableRecording.
    """
    kind = kind_of(content)
    if kind is None:
        raise UnusableRecording("is neither a WAV nor an MP3")
    # A file in memory: libsndfile reads it without calling back into Python for every few bytes.
    descriptor = os.memfd_create("recording")
    try:
        _write(descriptor, content)
        with soundfile.SoundFile(descriptor, closefd=False) as file:
            channels, rate_hz = file.channels, file.samplerate
            if channels > MAX_CHANNELS or not 0 < rate_hz <= MAX_RATE_HZ:
                raise UnusableRecording(f"has more than {MAX_CHANNELS} channels or {MAX_RATE_HZ:,} samples a second")
            frames = _count_frames(file, int(MAX_SECONDS * rate_hz))
    except (soundfile.SoundFileError, OSError, ValueError):
        raise UnusableRecording("is broken: it cannot be decoded") from None
    finally:
        os.close(descriptor)
    if frames == 0:
        raise UnusableRecording("holds no sound")
    seconds = frames / rate_hz
    if seconds > MAX_SECONDS:
        raise UnusableRecording(f"is longer than {MAX_SECONDS:g} seconds")
    return Recording(kind, channels, rate_hz, seconds)


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)


def _count_frames(file: soundfile.SoundFile, limit: int) -> int:
    """The frames that can be decoded, since the header may lie. Stops behind the limit."""
    buffer = bytearray(_BLOCK_FRAMES * file.channels * _SAMPLE_BYTES)
    frames = 0
    while frames <= limit:
        # Not `buffer_read`, which asserts that there are as many frames as the header says.
        read = file.buffer_read_into(buffer, dtype=_SAMPLE_TYPE)
        if not read:
            break
        frames += read
    return frames
