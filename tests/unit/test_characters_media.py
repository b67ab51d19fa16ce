"""Contract 2.2: what may be the picture or the voice of a character, told by its content."""

import io
import struct
import wave
import zlib

import pytest

from services.characters.media.validation import MAX_BYTES, Purpose, validated
from services.kit.errors import CallboxError, Code
from tests.fixtures.media import image, voice


def refused(content: bytes, purpose: Purpose) -> str:
    with pytest.raises(CallboxError) as caught:
        validated(content, purpose)
    assert caught.value.code is Code.VALIDATION_FAILED
    (sentence,) = caught.value.fields["file"]
    return sentence


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and nothing more."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize(
    ("content", "purpose", "ending", "media_type"),
    [
        (image("PNG"), Purpose.IMAGE, "png", "image/png"),
        (image("JPEG"), Purpose.IMAGE, "jpg", "image/jpeg"),
        (image("WEBP"), Purpose.IMAGE, "webp", "image/webp"),
        (image("GIF"), Purpose.IMAGE, "gif", "image/gif"),
        (image("PNG", (4096, 1)), Purpose.IMAGE, "png", "image/png"),
        (voice("WAV"), Purpose.VOICE, "wav", "audio/wav"),
        (voice("WAV", channels=2, rate=48_000), Purpose.VOICE, "wav", "audio/wav"),
        (voice("MP3"), Purpose.VOICE, "mp3", "audio/mpeg"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10) + voice("MP3"), Purpose.VOICE, "mp3", "audio/mpeg"),
        (voice("WAV", seconds=60), Purpose.VOICE, "wav", "audio/wav"),
        (voice("WAV", subtype="GSM610"), Purpose.VOICE, "wav", "audio/wav"),
    ],
)
def test_what_is_taken(content: bytes, purpose: Purpose, ending: str, media_type: str) -> None:
    media = validated(content, purpose)
    digest, _, found = media.name.partition(".")
    assert (len(digest), found, media.media_type, media.content) == (64, ending, media_type, content)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "purpose", "why"),
    [
        (b"", Purpose.IMAGE, "empty"),
        (SVG, Purpose.IMAGE, "is not"),
        (b"<!doctype html><script>alert(1)</script>", Purpose.IMAGE, "is not"),
        (b"BM" + bytes(100), Purpose.IMAGE, "is not"),
        (b"%PDF-1.7", Purpose.IMAGE, "is not"),
        (voice("WAV"), Purpose.IMAGE, "is not"),
        (b"\x89PNG\r\n\x1a\n", Purpose.IMAGE, "broken"),
        (b"\xff\xd8\xff\xe0" + b"\xff" * 1000, Purpose.IMAGE, "broken"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X", Purpose.IMAGE, "broken"),
        (b"GIF89a\x00", Purpose.IMAGE, "broken"),
        (png_header(0, 10), Purpose.IMAGE, "broken"),
        (png_header(4097, 1), Purpose.IMAGE, "4096"),
        (png_header(100_000, 100_000), Purpose.IMAGE, "4096"),
        (image() + bytes(MAX_BYTES[Purpose.IMAGE]), Purpose.IMAGE, "at most"),
        (b"", Purpose.VOICE, "empty"),
        (image(), Purpose.VOICE, "is not"),
        (voice("FLAC"), Purpose.VOICE, "is not"),
        (voice("OGG"), Purpose.VOICE, "is not"),
        (b"RIFF\x24\x00\x00\x00WAVE", Purpose.VOICE, "broken"),
        (b"ID3" + bytes(500), Purpose.VOICE, "broken"),
        (b"\xff\xfb" + b"\x00" * 500, Purpose.VOICE, "broken"),
        (voice("WAV", seconds=0), Purpose.VOICE, "no sound"),
        (voice("WAV", seconds=61, rate=8000), Purpose.VOICE, "60 seconds"),
        (voice("MP3", seconds=61), Purpose.VOICE, "60 seconds"),
        (voice("WAV", channels=6), Purpose.VOICE, "channels"),
        (voice("WAV") + bytes(MAX_BYTES[Purpose.VOICE]), Purpose.VOICE, "at most"),
    ],
)
def test_what_is_refused(content: bytes, purpose: Purpose, why: str) -> None:
    assert why in refused(content, purpose)


def test_a_header_does_not_lie_about_the_length() -> None:
    """A WAV that claims an hour and holds a second is a second long."""
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(bytes(2 * 8000))
    claims = bytearray(file.getvalue())
    claims[40:44] = struct.pack("<I", 2 * 8000 * 3600)
    assert validated(bytes(claims), Purpose.VOICE).media_type == "audio/wav"
