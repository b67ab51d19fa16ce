"""The voice catalogue: what it says, what is refused in it, and that it follows its file."""

import os
import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.kit.catalogue import Catalogue, fallbacks, faults, speaking
from services.kit.catalogue_file import CatalogueError, CatalogueFile, read
from services.kit.languages import lookup
from services.kit.settings import CatalogueSettings

_SHIPPED = CatalogueSettings().catalogue

_SMALL = """
[pools.speech]
protocol = "triton"

[defaults.en]
voice = "ann"
recogniser = "ears"

[[recognisers]]
name = "ears"
pool = "speech"
model = "stt"
provider = "ours"
languages = ["en"]
licence = "MIT"

[[voices]]
name = "ann"
aliases = ["documented"]
title = "Ann"
pool = "speech"
model = "tts"
voice = "a"
provider = "ours"
languages = ["en-GB", "en"]
sample_rate_hz = 24000
licence = "MIT"
fallback = "bob"

[[voices]]
name = "bob"
title = "Bob"
pool = "speech"
model = "tts"
voice = "b"
provider = "ours"
languages = ["en-US", "en"]
sample_rate_hz = 24000
licence = "MIT"
"""

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "en"),
        ("EN-us", "en"),
        ("en-Latn-GB-x-private", "en"),
        ("zh-Hant-CN", "zh-Hant"),
        ("zh-Hant-x-a", "zh-Hant"),
        ("zh-CN", None),
        ("fr", None),
        ("e", None),
        ("", None),
    ],
)
def test_lookup_shortens_a_tag_from_its_end(tag: str, found: str | None) -> None:
    assert lookup(tag, ["en", "zh-Hant"]) == found


@pytest.mark.parametrize(
    ("asked", "voice", "recogniser"),
    [
        ("en", "hibari-en", "moonshine-tiny-en"),
        ("en-US", "hibari-en", "moonshine-tiny-en"),
        ("EN-gb", "kokoro-bf-emma", "moonshine-tiny-en"),
        ("en-AU", "hibari-en", "moonshine-tiny-en"),
        ("pt", "kokoro-pf-dora", "whisper-base"),
        ("pt-PT", "kokoro-pf-dora", "whisper-base"),
        ("zh-Hant-TW", "kokoro-zf-xiaoxiao", "whisper-base"),
    ],
)
def test_the_shipped_catalogue_has_a_voice_and_a_recogniser_for_a_language(
    asked: str, voice: str, recogniser: str
) -> None:
    default = read(_SHIPPED).default(asked)
    assert default is not None
    assert (default.voice, default.recogniser) == (voice, recogniser)


def test_the_shipped_catalogue_serves_eight_languages_with_dozens_of_voices() -> None:
    catalogue = read(_SHIPPED)
    assert {tag.split("-")[0] for tag in catalogue.languages} == {"en", "es", "fr", "hi", "it", "ja", "pt", "zh"}
    assert len([voice for voice in catalogue.voices if voice.provider == "kokoro"]) == 54
    assert all(speaking(tag, catalogue.voices) and speaking(tag, catalogue.recognisers) for tag in catalogue.languages)
    assert catalogue.default("pl") is None


def test_documented_names_are_aliases_of_what_is_installed() -> None:
    """Contract 12.5."""
    catalogue = read(_SHIPPED)
    assert catalogue.recogniser("whisper-en-large") == catalogue.recogniser("moonshine-tiny-en")
    assert catalogue.voice("chatterbox-en-v1") == catalogue.voice("hibari-en")
    assert catalogue.voice("") is catalogue.voice("nobody") is None


def test_fallbacks_follow_each_other() -> None:
    catalogue = read(_SHIPPED)
    emma = catalogue.voice("kokoro-bf-emma")
    assert emma is not None
    assert [voice.name for voice in fallbacks(emma, catalogue.voices)] == ["hibari-en", "kokoro-af-heart"]


def test_a_voice_says_which_of_its_languages_serves_a_tag() -> None:
    (ann, _) = Catalogue.model_validate(tomllib.loads(_SMALL)).voices
    assert [ann.serving(tag) for tag in ("en-GB", "en-AU", "en", "fr")] == ["en-GB", "en", "en", None]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c["voices"][0].update(pool="nowhere"), 'pool "nowhere" is unknown; name one of speech'),
        (lambda c: c["voices"][1].update(aliases=["documented"]), '"documented" is a name or alias 2 times'),
        (lambda c: c["voices"][1].update(aliases=["ann"]), '"ann" is a name or alias 2 times (of "ann", "bob")'),
        (lambda c: c["voices"][1].update(aliases=["bob"]), '"bob" is a name or alias 2 times'),
        (lambda c: c["voices"][1].update(fallback="carol"), 'fallback "carol" is the name of none of [[voices]]'),
        (lambda c: c["voices"][1].update(fallback="ann"), "fallbacks run in a circle (bob → ann → bob)"),
        (lambda c: c["voices"][1].update(fallback="bob"), "fallbacks run in a circle (bob → bob)"),
        (lambda c: c["voices"][1].update(languages=["fr"]), '"ann": fallback "bob" shares no language with it'),
        (lambda c: c["voices"][1].update(languages=["fr"]), '"bob" speaks fr, which has no default; add [defaults.fr]'),
        (lambda c: c["defaults"]["en"].update(voice="eve"), '[defaults.en] voice: "eve" is the name of none'),
        (lambda c: c["defaults"]["en"].update(voice="documented"), "name one of the catalogue, not by an alias"),
        (
            lambda c: c["defaults"].update(fr={"voice": "ann", "recogniser": "ears"}),
            '[defaults.fr] recogniser: "ears" does not serve fr, only en',
        ),
        (lambda c: c["pools"].update(nim={"protocol": "riva"}), "[pools.nim] has no endpoints"),
    ],
)
def test_what_does_not_fit_together_is_named(change: Change, sentence: str) -> None:
    content = deepcopy(tomllib.loads(_SMALL))
    assert list(faults(Catalogue.model_validate(content))) == []
    change(content)
    assert any(sentence in found for found in faults(Catalogue.model_validate(content)))


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (
            'languages = ["en"]',
            'languages = ["en_US"]',
            ['recognisers."ears".languages.0: must be a BCP-47 language tag'],
        ),
        ('title = "Ann"', 'titel = "Ann"', ['voices."ann".title: Field required', 'voices."ann".titel: Extra inputs']),
        ('protocol = "triton"', 'protocol = "http"', ["pools.speech.protocol: Input should be 'triton' or 'riva'"]),
        (
            'protocol = "triton"',
            'protocol = "triton"\nendpoints = ["nowhere"]',
            ['pools.speech.endpoints.0: must be "host:port"'],
        ),
        ('title = "Ann"', 'title = "Ann"\nsample = "../secret.mp3"', ['voices."ann".sample: must be a file beside']),
        ('title = "Ann"', 'title = "Ann"\nsample = "a.mp3"', ['"ann": sample "a.mp3" is not there; put the file']),
        ('name = "ann"', 'name = "a/n"', ['voices."a/n".name: String should match']),
        ("[defaults.en]", "[defaults.en", ["is not TOML in UTF-8"]),
    ],
)
def test_a_file_that_cannot_be_used_says_which_entry_and_what_to_do(
    tmp_path: Path, before: str, after: str, sentences: list[str]
) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(_SMALL.replace(before, after, 1))
    with pytest.raises(CatalogueError) as caught:
        read(path)
    for sentence in [str(path), *sentences]:
        assert sentence in str(caught.value)


def test_a_file_that_is_not_there_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"No such file or directory.*CALLBOX_CATALOGUE"):
        CatalogueFile(tmp_path / "catalogue.toml")


class _Watched:
    """A catalogue file at hand, and a clock for it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "catalogue.toml"
        self._writes = 0
        self.seconds = 0.0
        self.write(_SMALL)
        self.file = CatalogueFile(self.path, clock=lambda: self.seconds)

    def write(self, text: str) -> None:
        self.path.write_text(text)
        self._writes += 1
        # Writes may follow each other faster than a file system's clock ticks.
        os.utime(self.path, ns=(0, self._writes))


def test_a_changed_file_is_read_again_within_a_second(tmp_path: Path) -> None:
    watched = _Watched(tmp_path)
    first = watched.file.current()
    watched.write(_SMALL.replace('"Ann"', '"Anna"'))
    watched.seconds = 0.9
    assert watched.file.current() is first
    watched.seconds = 1.0
    assert watched.file.current().voices[0].title == "Anna"


def test_a_broken_change_is_warned_of_once_and_what_was_read_stays(tmp_path: Path) -> None:
    watched = _Watched(tmp_path)
    first = watched.file.current()
    watched.write(_SMALL.replace('"triton"', '"smoke"'))
    with capture_logs() as logs:
        for watched.seconds in (1.0, 2.0, 3.0):
            assert watched.file.current() is first
    assert [line["log_level"] for line in logs] == ["warning"]
    assert "pools.speech.protocol" in logs[0]["fault"]
    watched.path.unlink()
    with capture_logs() as logs:
        for watched.seconds in (4.0, 5.0):
            assert watched.file.current() is first
    assert [line["log_level"] for line in logs] == ["warning"]
    watched.write(_SMALL.replace('"Ann"', '"Anna"'))
    watched.seconds = 6.0
    assert watched.file.current().voices[0].title == "Anna"


def test_readers_of_the_same_file_share_one_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(_SMALL)
    assert CatalogueFile(path).current() is CatalogueFile(path).current() is read(path, with_samples=False)


def test_a_sample_that_was_removed_is_missed_by_the_next_reader(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(_SMALL + 'sample = "bob.mp3"\n')
    (tmp_path / "bob.mp3").write_bytes(b"sound")
    assert read(path).voices[1].sample == "bob.mp3"
    (tmp_path / "bob.mp3").unlink()
    with pytest.raises(CatalogueError, match=r"bob\.mp3"):
        read(path)
