"""Fixed lines: recordings that ship, those that the worker makes, and what a call speaks when one is missing."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.lines import shipped
from deploy.local.settings import ROOT
from services.agent.settings import AgentSettings
from services.agent.speech.lines import Lines
from services.agent.speech.phrases import PHRASES, Line
from services.agent.speech.recordings import (
    Recording,
    RecordingFolder,
    base_language,
    recordings,
    shipped_files,
    shipped_path,
)
from services.agent.speech.speaking import SAMPLE_RATE_HZ
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import read
from tests.fixtures.catalogues import with_default

CATALOGUE = read(ROOT / "deploy" / "catalogue.toml")
SHIPPED: Path = AgentSettings.model_fields["lines_dir"].default
HEART = "kokoro-af-heart"


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    return RecordingFolder(tmp_path)


async def speak(recording: Recording) -> bytes:
    """Says who was asked to speak what."""
    return f"{recording.language} {recording.voice.name} {recording.text}".encode()


async def make(folder: RecordingFolder, wanted: Mapping[Line, Recording]) -> None:
    for recording in wanted.values():
        await folder.make(recording, speak)


async def heard(lines: Lines, line: Line) -> str:
    return b"".join([bytes(frame.data) async for frame in lines.frames(line)]).rstrip(b"\0").decode()


def test_every_language_served_has_words_for_every_line() -> None:
    assert {tag.split("-")[0] for tag in CATALOGUE.languages} == set(PHRASES)
    for words in PHRASES.values():
        assert set(words) == set(Line)


def test_the_recordings_that_ship_are_those_of_the_default_voices() -> None:
    """If this fails, run `python -m deploy.lines`."""
    assert set(SHIPPED.iterdir()) == {shipped_path(SHIPPED, recording) for recording in shipped(CATALOGUE)}


def test_other_files_of_a_folder_are_not_taken_for_recordings(tmp_path: Path) -> None:
    for name in ("notes.txt", "music.ogg", "filler-3b665e91-hibari-en-5758e603.ogg"):
        (tmp_path / name).touch()
    assert [file.name for file in shipped_files(tmp_path)] == ["filler-3b665e91-hibari-en-5758e603.ogg"]


def test_shipped_recordings_are_there_without_any_engine(tmp_path: Path, folder: RecordingFolder) -> None:
    folder.unpack(SHIPPED)
    for language in CATALOGUE.languages:
        assert Lines(folder, CATALOGUE, language).missing == []
        for recording in recordings(CATALOGUE, language).values():
            audio = folder.read(recording)
            assert audio is not None
            assert 1.0 < len(audio) / 2 / SAMPLE_RATE_HZ < 8.0
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    folder.unpack(SHIPPED)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_recordings_of_texts_that_no_line_has_are_removed(tmp_path: Path, folder: RecordingFolder) -> None:
    old = tmp_path / "filler-00000000-hibari-en-5758e603.pcm"
    old.write_bytes(b"\1\0")
    folder.unpack(SHIPPED)
    assert not old.exists()


async def test_a_call_hears_lines_in_its_language_by_that_languages_voice(folder: RecordingFolder) -> None:
    for language in ("en", "es", "en-GB"):
        await make(folder, recordings(CATALOGUE, language))
    assert await heard(Lines(folder, CATALOGUE, "es-MX"), Line.FILLER) == "es kokoro-ef-dora Un momento, por favor."
    british = Lines(folder, CATALOGUE, "en-GB")
    assert (await heard(british, Line.FILLER)).startswith("en-GB kokoro-bf-emma One moment")
    assert british.text(Line.FILLER) == "One moment, please."


async def test_a_call_hears_lines_in_its_own_voice_once_they_are_made(folder: RecordingFolder) -> None:
    folder.unpack(SHIPPED)
    lines = Lines(folder, CATALOGUE, "en", HEART)
    assert {recording.voice.name for recording in lines.missing} == {HEART}
    assert lines.text(Line.FILLER) == PHRASES["en"][Line.FILLER]
    await make(folder, recordings(CATALOGUE, "en", HEART))
    lines = Lines(folder, CATALOGUE, "en", HEART)
    assert lines.missing == []
    assert await heard(lines, Line.FILLER) == f"en {HEART} One moment, please."


async def test_a_voice_that_does_not_speak_the_language_leaves_the_lines_to_the_default(
    folder: RecordingFolder,
) -> None:
    await make(folder, recordings(CATALOGUE, "es"))
    assert (await heard(Lines(folder, CATALOGUE, "es", HEART), Line.FILLER)).startswith("es kokoro-ef-dora")


async def test_a_language_whose_lines_are_missing_hears_english(folder: RecordingFolder) -> None:
    await make(folder, recordings(CATALOGUE, base_language(CATALOGUE)))
    for language in ("ja", "ne", "nonsense"):
        lines = Lines(folder, CATALOGUE, language)
        assert await heard(lines, Line.TROUBLE) == f"en hibari-en {PHRASES['en'][Line.TROUBLE]}"
        assert lines.text(Line.TROUBLE) == PHRASES["en"][Line.TROUBLE]


async def test_a_new_default_voice_without_recordings_leaves_the_lines_to_another_voice(
    folder: RecordingFolder,
) -> None:
    await make(folder, recordings(CATALOGUE, "es"))
    other = next(voice for voice in CATALOGUE.voices if voice.serving("es") and voice.name != "kokoro-ef-dora")
    changed = with_default(CATALOGUE, "es", other.name)
    lines = Lines(folder, changed, "es")
    assert await heard(lines, Line.FILLER) == "es kokoro-ef-dora Un momento, por favor."
    assert {recording.voice.name for recording in lines.missing} == {other.name}


async def test_a_voice_that_another_engine_speaks_is_recorded_again(folder: RecordingFolder) -> None:
    await make(folder, recordings(CATALOGUE, "en"))
    voices = [
        voice.model_copy(update={"model": "another"}) if voice.name == "hibari-en" else voice
        for voice in CATALOGUE.voices
    ]
    assert Lines(folder, CATALOGUE.model_copy(update={"voices": tuple(voices)}), "en").missing


async def test_a_call_without_any_recording_has_silent_lines(folder: RecordingFolder) -> None:
    lines = Lines(folder, CATALOGUE, "en")
    assert await heard(lines, Line.FILLER) == ""
    assert lines.text(Line.FILLER) == "One moment, please."


async def test_a_line_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, folder: RecordingFolder) -> None:
    async def fail(recording: Recording) -> bytes:
        raise OSError("no engine")

    with pytest.raises(OSError, match="no engine"):
        await folder.make(recordings(CATALOGUE, "en")[Line.FILLER], fail)
    assert list(tmp_path.iterdir()) == []


def test_without_english_the_first_language_served_is_what_every_worker_has() -> None:
    only: Catalogue = CATALOGUE.model_copy(update={"defaults": {"fr": CATALOGUE.defaults["fr"]}})
    assert base_language(only) == "fr"
