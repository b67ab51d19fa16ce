"""Contract 14.4: WAV or MP3 of at most 60 s, told by content."""

import io
import struct

import numpy as np
import pytest
import soundfile

from services.sessions.reference_audio.audio_format import UnusableAudio, probe


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
        ("WAVEX", "PCM_16", 44_100, 1),
    ],
)
def test_a_wav_is_measured(form: str, subtype: str, rate: int, channels: int) -> None:
    info = probe(recorded(form, subtype, 2.0, rate, channels))
    assert info.kind == "wav"
    assert info.seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_is_measured(rate: int, channels: int) -> None:
    info = probe(recorded("MP3", "MPEG_LAYER_III", 3.0, rate, channels))
    assert info.kind == "mp3"
    # An encoder adds a frame or two.
    assert info.seconds == pytest.approx(3.0, abs=0.3)


def test_tags_before_and_behind_are_no_sound() -> None:
    plain = recorded("MP3", "MPEG_LAYER_III", 3.0)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 4, 0]) + bytes(512)
    assert probe(tag + plain + b"TAG" + bytes(125)) == probe(plain)


def test_a_minute_passes_and_more_does_not() -> None:
    assert probe(recorded("WAV", "PCM_16", 60.0, 8_000)).seconds == pytest.approx(60)
    for long in (recorded("WAV", "PCM_16", 60.1, 8_000), recorded("MP3", "MPEG_LAYER_III", 61.0, 8_000)):
        with pytest.raises(UnusableAudio, match="longer than 60 seconds"):
            probe(long)


def test_a_streaming_writers_length_is_counted() -> None:
    content = recorded("WAV", "PCM_16", 2.0)
    at = content.index(b"data") + 4
    for unknown in (0, 0xFFFFFFFF):
        assert probe(content[:at] + struct.pack("<I", unknown) + content[at + 4 :]).seconds == pytest.approx(2, abs=0.1)


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
        recorded("MP3", "MPEG_LAYER_III", 3.0) + bytes(2_000_000),
        recorded("AIFF", "PCM_16"),
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableAudio):
        probe(content)
