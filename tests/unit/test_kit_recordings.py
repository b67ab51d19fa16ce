"""Contract 14.4: a recording is a WAV or MP3 of at most 60 s, told by its content."""

import contextlib
import io
import struct
import time

import numpy as np
import pytest
import soundfile

from services.kit.recordings import UnusableRecording, measure


def recorded(form: str, subtype: str, seconds: float = 2.0, rate: int = 16_000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    tone = np.sin(np.arange(int(rate * seconds)) / 20).astype(np.float32) / 4
    soundfile.write(file, np.stack([tone] * channels, 1), rate, format=form, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("form", "subtype", "rate", "channels"),
    [
        ("WAV", "PCM_16", 16_000, 1),
        ("WAV", "PCM_U8", 8_000, 2),
        ("WAV", "PCM_24", 48_000, 1),
        ("WAV", "FLOAT", 44_100, 2),
        ("WAV", "ALAW", 8_000, 1),
        ("WAV", "MS_ADPCM", 8_000, 1),
        ("WAV", "GSM610", 8_000, 1),
        ("WAV", "PCM_16", 48_000, 8),
        ("WAVEX", "PCM_16", 44_100, 1),
    ],
)
def test_a_wav_is_measured(form: str, subtype: str, rate: int, channels: int) -> None:
    info = measure(recorded(form, subtype, 2.0, rate, channels))
    assert info.kind == "wav"
    assert info.seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_is_measured(rate: int, channels: int) -> None:
    info = measure(recorded("MP3", "MPEG_LAYER_III", 3.0, rate, channels))
    assert info.kind == "mp3"
    # An encoder adds a frame or two.
    assert info.seconds == pytest.approx(3.0, abs=0.3)


def test_tags_before_and_behind_are_no_sound() -> None:
    plain = recorded("MP3", "MPEG_LAYER_III", 3.0)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 4, 0]) + bytes(512)
    assert measure(tag + plain + b"TAG" + bytes(125)) == measure(plain)


def test_a_minute_passes_and_more_does_not() -> None:
    assert measure(recorded("WAV", "PCM_16", 60.0, 8_000)).seconds == pytest.approx(60)
    for long in (recorded("WAV", "PCM_16", 60.1, 8_000), recorded("MP3", "MPEG_LAYER_III", 61.0, 8_000)):
        with pytest.raises(UnusableRecording, match="longer than 60 seconds"):
            measure(long)


def test_a_streaming_writers_length_is_counted() -> None:
    content = recorded("WAV", "PCM_16", 2.0)
    at = content.index(b"data") + 4
    assert measure(content[:at] + struct.pack("<I", 0xFFFFFFFF) + content[at + 4 :]).seconds == pytest.approx(
        2, abs=0.1
    )


WAV = recorded("WAV", "PCM_16", 1.0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"<html>not found</html>" * 50,
        b"RIFF\x00\x00\x00\x00WAVE",
        WAV[:44],
        b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(100),
        WAV.replace(struct.pack("<HH", 1, 1), struct.pack("<HH", 2, 1), 1),  # ADPCM
        WAV.replace(struct.pack("<HHI", 1, 1, 16_000), struct.pack("<HHI", 1, 0, 16_000), 1),
        WAV.replace(struct.pack("<HHI", 1, 1, 16_000), struct.pack("<HHI", 1, 1, 0), 1),
        b"RIFF\x00\x00\x00\x00WAVE" + (b"junk" + struct.pack("<I", 0)) * 10_000,
        b"\xff" * 1_000_000,
        b"\xff\xfb\x90\x00" * 3,
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(1000),
        recorded("FLAC", "PCM_16"),
        recorded("OGG", "VORBIS"),
        recorded("WAV", "PCM_16", 1.0, 8_000, 9),
        recorded("AIFF", "PCM_16"),
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableRecording):
        measure(content)


EMPTY_CHUNK = b"junk" + struct.pack("<I", 0)


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF\x00\x00\x00\x00WAVE" + EMPTY_CHUNK * 1_250_000,
        WAV[:36] + EMPTY_CHUNK * 1_250_000 + WAV[36:],
        WAV[:36] + b"cue " + struct.pack("<II", 4 + 24 * 400_000, 400_000) + bytes(24 * 400_000) + WAV[36:],
        b"\xff\xfb\x90\x00" * 2_500_000,
        b"ID3\x04\x00\x00\x00\x00\x00\x00" * 1_000_000,
    ],
)
def test_ten_megabytes_of_nothing_are_read_quickly(content: bytes) -> None:
    """In processor time, since a machine may be busy."""
    began = time.thread_time()
    with contextlib.suppress(UnusableRecording):
        measure(content)
    assert time.thread_time() - began < 0.5
