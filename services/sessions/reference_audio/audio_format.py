"""Reads the format and length of a WAV or MP3 from its content alone. Pure."""

import struct
from dataclasses import dataclass

MAX_SECONDS = 60.0
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES_HZ = range(4_000, 384_001)
_MAX_CHANNELS = 8
# Lengths that a streaming writer puts into the header, since it does not know the real one.
_UNKNOWN_LENGTH = (0, 0xFFFFFFFF)
# The most that tags behind the audio take. More means that the file is not an MP3.
_MAX_TAIL_BYTES = 1_048_576
_MIN_FRAMES = 3

# By ISO 11172-3 and 13818-3: kbit/s by the bitrate index of Layer III, Hz by version and rate index.
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MPEG_1, _MPEG_2, _MPEG_25 = 3, 2, 0
_HZ = {_MPEG_1: (44_100, 48_000, 32_000), _MPEG_2: (22_050, 24_000, 16_000), _MPEG_25: (11_025, 12_000, 8_000)}
_LAYER_3 = 1


class UnusableAudio(Exception):
    """Audio that cannot be used. The message is a predicate, such as `is longer than 60 seconds`."""


@dataclass(frozen=True)
class AudioInfo:
    """Format and length. kind: `wav` or `mp3`."""

    kind: str
    seconds: float


def probe(content: bytes) -> AudioInfo:
    """The kind and length of a WAV or MP3 of at most `MAX_SECONDS`.

    Raises: UnusableAudio.
    """
    info = _wav(content) if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else _mp3(content)
    if info.seconds <= 0:
        raise UnusableAudio("holds no audio")
    if info.seconds > MAX_SECONDS:
        raise UnusableAudio(f"is longer than {MAX_SECONDS:g} seconds")
    return info


def _wav(content: bytes) -> AudioInfo:
    at, bytes_per_second = 12, 0
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt " and at + 16 <= len(content):
            bytes_per_second = _bytes_per_second(content[at : at + 16])
        elif name == b"data":
            if not bytes_per_second:
                break
            there = len(content) - at
            return AudioInfo("wav", (there if size in _UNKNOWN_LENGTH else min(size, there)) / bytes_per_second)
        at += size + size % 2
    raise UnusableAudio("is a WAV without readable audio")


def _bytes_per_second(form: bytes) -> int:
    kind, channels, rate, _, block, bits = struct.unpack("<HHIIHH", form)
    fits = block == channels * ((bits + 7) // 8)
    if kind not in (_PCM, _FLOAT, _EXTENSIBLE) or not 1 <= channels <= _MAX_CHANNELS or not fits or not bits:
        raise UnusableAudio("is a WAV in a form other than PCM")
    if rate not in _RATES_HZ:
        raise UnusableAudio("is a WAV with an unusable sample rate")
    return int(rate * block)


def _mp3(content: bytes) -> AudioInfo:
    at = _after_tag(content)
    frames, seconds = 0, 0.0
    while (frame := _frame(content, at)) is not None:
        at += frame[0]
        frames += 1
        seconds += frame[1]
        if seconds > MAX_SECONDS:
            return AudioInfo("mp3", seconds)
    if frames < _MIN_FRAMES or len(content) - at > _MAX_TAIL_BYTES:
        raise UnusableAudio("is neither a WAV nor an MP3")
    return AudioInfo("mp3", seconds)


def _after_tag(content: bytes) -> int:
    """The position after an ID3v2 tag."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    footer = 10 if content[5] & 0x10 else 0
    return 10 + size + footer


def _frame(content: bytes, at: int) -> tuple[int, float] | None:
    """(bytes, seconds) of the frame at a position; None when there is no frame."""
    header = content[at : at + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    if version not in _HZ or layer != _LAYER_3 or header[2] >> 2 & 3 == 3:
        return None
    kbits = (_KBITS_1 if version == _MPEG_1 else _KBITS_2)[header[2] >> 4]
    if not kbits:
        return None
    rate = _HZ[version][header[2] >> 2 & 3]
    samples = 1152 if version == _MPEG_1 else 576
    return samples // 8 * kbits * 1000 // rate + (header[2] >> 1 & 1), samples / rate
