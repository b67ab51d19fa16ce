"""Lines that need no engine: in the call's language where they could be made, else in English."""

from pathlib import Path

import pytest

from deploy.local.settings import ROOT
from services.agent.speech.lines import Lines, base_language, make_lines
from services.agent.speech.phrases import PHRASES, Line
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import read

CATALOGUE = read(ROOT / "deploy" / "catalogue.toml")


async def speak(text: str, voice: str, language: str) -> bytes:
    """Says who was asked to speak what."""
    return f"{language} {voice} {text}".encode()


async def heard(lines: Lines, line: Line) -> str:
    return b"".join([bytes(frame.data) async for frame in lines.frames(line)]).rstrip(b"\0").decode()


def test_every_language_served_has_words_for_every_line() -> None:
    assert {tag.split("-")[0] for tag in CATALOGUE.languages} == set(PHRASES)
    for words in PHRASES.values():
        assert set(words) == set(Line)


async def test_a_call_hears_lines_in_its_language_by_that_languages_voice(tmp_path: Path) -> None:
    for language in ("en", "es", "en-GB"):
        await make_lines(tmp_path, CATALOGUE, language, speak)
    assert await heard(Lines(tmp_path, CATALOGUE, "es-MX"), Line.FILLER) == "es kokoro-ef-dora Un momento, por favor."
    british = Lines(tmp_path, CATALOGUE, "en-GB")
    assert (await heard(british, Line.FILLER)).startswith("en-GB kokoro-bf-emma One moment")
    assert british.text(Line.FILLER) == "One moment, please."


async def test_a_language_whose_lines_are_missing_hears_english(tmp_path: Path) -> None:
    await make_lines(tmp_path, CATALOGUE, base_language(CATALOGUE), speak)
    for language in ("ja", "ne", "nonsense"):
        lines = Lines(tmp_path, CATALOGUE, language)
        assert await heard(lines, Line.TROUBLE) == f"en hibari-en {PHRASES['en'][Line.TROUBLE]}"
        assert lines.text(Line.TROUBLE) == PHRASES["en"][Line.TROUBLE]


async def test_lines_are_made_once_for_a_voice(tmp_path: Path) -> None:
    asked: list[str] = []

    async def count(text: str, voice: str, language: str) -> bytes:
        asked.append(voice)
        return await speak(text, voice, language)

    await make_lines(tmp_path, CATALOGUE, "en", count)
    await make_lines(tmp_path, CATALOGUE, "en", count)
    assert asked == ["hibari-en"] * len(Line)
    default = CATALOGUE.defaults["en"].model_copy(update={"voice": "kokoro-af-heart"})
    changed = CATALOGUE.model_copy(update={"defaults": {**CATALOGUE.defaults, "en": default}})
    await make_lines(tmp_path, changed, "en", count)
    assert asked[len(Line) :] == ["kokoro-af-heart"] * len(Line)


async def test_a_line_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    async def fail(text: str, voice: str, language: str) -> bytes:
        raise OSError("no engine")

    with pytest.raises(OSError, match="no engine"):
        await make_lines(tmp_path, CATALOGUE, "en", fail)
    assert list(tmp_path.iterdir()) == []


def test_without_english_the_first_language_served_is_what_every_worker_has() -> None:
    only: Catalogue = CATALOGUE.model_copy(update={"defaults": {"fr": CATALOGUE.defaults["fr"]}})
    assert base_language(only) == "fr"
