"""Checks uploaded pictures and recordings by their content; the name of a file does not count."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import imagesize

from services.kit import recordings
from services.kit.errors import validation

MAX_IMAGE_SIDE_PIXELS = 4096
_MAX_RATE_HZ = 192_000
_MAX_CHANNELS = 2
_VOICE_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}


class Purpose(StrEnum):
    """What a file is for, under the name that clients use."""

    IMAGE = "image"
    VOICE = "voice"


MAX_BYTES = {Purpose.IMAGE: 5 * 1024 * 1024, Purpose.VOICE: 10 * 1024 * 1024}
KINDS = {Purpose.IMAGE: "a PNG, JPEG, WebP or GIF image", Purpose.VOICE: "a WAV or MP3 recording"}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A valid file. name: the SHA-256 of its content and an ending that fits its type."""

    purpose: Purpose
    name: str
    media_type: str
    content: bytes


def validated(content: bytes, purpose: Purpose) -> MediaFile:
    """The file as it is kept. Decodes a recording, so it must not run on an event loop.

    Raises: CallboxError `validation_failed` when it is empty, too large, of another kind, broken, or out of bounds.
    """
    if not content:
        raise _fault("is empty")
    if len(content) > MAX_BYTES[purpose]:
        raise _fault(f"must be at most {MAX_BYTES[purpose]:,} bytes")
    found = _image_type(content) if purpose is Purpose.IMAGE else _voice_type(content)
    if found is None:
        raise _fault(f"is not {KINDS[purpose]}; its content says so, whatever its name")
    ending, media_type = found
    for fault in _image_faults(content) if purpose is Purpose.IMAGE else _voice_faults(content):
        raise _fault(fault)
    return MediaFile(purpose, f"{hashlib.sha256(content).hexdigest()}.{ending}", media_type, content)


def _image_type(content: bytes) -> tuple[str, str] | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png", "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg", "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif", "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp", "image/webp"
    return None


def _voice_type(content: bytes) -> tuple[str, str] | None:
    kind = recordings.kind_of(content)
    return None if kind is None else (kind, _VOICE_TYPES[kind])


def _image_faults(content: bytes) -> Iterator[str]:
    # Reads the header only. Decoding could fill the memory.
    try:
        width, height = imagesize.get(io.BytesIO(content))
    except Exception:  # hostile bytes may raise anything
        width = height = -1
    if width <= 0 or height <= 0:
        yield "is a broken image: it does not say how large it is"
    elif max(width, height) > MAX_IMAGE_SIDE_PIXELS:
        yield f"may be at most {MAX_IMAGE_SIDE_PIXELS} pixels wide and high; it is {width:g} by {height:g}"


def _voice_faults(content: bytes) -> Iterator[str]:
    try:
        recording = recordings.measure(content)
    except recordings.UnusableRecording as fault:
        yield str(fault)
        return
    if recording.channels > _MAX_CHANNELS or recording.rate_hz > _MAX_RATE_HZ:
        yield f"may have at most {_MAX_CHANNELS} channels and {_MAX_RATE_HZ} samples a second"


def _fault(sentence: str) -> Exception:
    return validation({"file": [sentence]})
