"""Text to phonemes: each script by who reads it, and eSpeak NG as a process that may die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.inference.engines.phonemes import espeak
from services.inference.engines.phonemes.reader import LANGUAGES, Reader, portions, runs
from services.kit.reading.speakable import speakable

pytestmark = [
    # Of packages that we only read from.
    pytest.mark.filterwarnings("ignore:open_text is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning"),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def _programs() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if any("espeak_program" in word for word in child.cmdline())]


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("en-US", "The bath water.", "ðə bˈæθ wˈɔTəɹ."),
        ("en-GB", "The bath water.", "ðə bˈɑːθ wˈɔːtə."),
        ("es", "Hola, ¿qué tal?", "ˈola, kˈe tˈal?"),
        ("fr", "C’est «ouvert» !", "sˈɛ “uvˈɛʁ”!"),
        ("it", "Buongiorno.", "bʊonʤˈɔrno."),
        ("ja", "こんにちは。", "koɲɲiʨiβa."),
        ("zh", "你好。", "ni↓xau↓."),
    ],
)
def test_a_language_is_read_in_the_models_alphabet(reader: Reader, language: str, text: str, phonemes: str) -> None:
    assert reader.read(text, language) == phonemes


@pytest.mark.parametrize("language", LANGUAGES)
def test_odd_texts_are_read_in_every_language(reader: Reader, language: str) -> None:
    for text in (
        "Hello 世界, привет, नमस्ते, ありがとう!",
        "A\x00B\x07 C.",
        '<speak>One <break time="9s"/> two <prosody rate="x">three</prosody>.</speak>',
        "5 + 5 = 10 & 100% @ #1",
        "no" * 120,
    ):
        assert reader.read(speakable(text, language), language), repr(text)
    for unreadable in ("", "…", "⠓⠑⠇⠇⠕", "\u202e\u200b"):
        assert reader.read(speakable(unreadable, language), language) == "", repr(unreadable)


def test_a_number_is_not_cut_at_its_point(reader: Reader) -> None:
    assert "kˌoma" in reader.read("Cuesta 12,50 euros.", "es")


def test_each_script_is_read_by_who_knows_it() -> None:
    assert list(runs("我们用 iPhone 手机", "zh")) == [("zh", "我们用 "), ("en-US", "iPhone "), ("zh", "手机")]
    assert list(runs("Hola 你好 привет", "es")) == [("es", "Hola "), ("zh", "你好 "), ("", "привет")]
    assert list(runs("AIの時代、100%", "ja")) == [("ja", "AIの時代、100%")]


def test_what_nobody_reads_is_left_out() -> None:
    english = Reader(["en-US"])
    assert english.read("Hello привет 你好", "en-US") == english.read("Hello", "en-US")
    assert english.read("привет", "en-US") == ""
    assert _programs() == [] or english.languages == ("en-US",)
    with pytest.raises(ValueError, match=r"unknown languages: xx; known: en-US"):
        Reader(["xx"])


def test_espeak_is_a_process_that_is_started_again(reader: Reader) -> None:
    (program,) = _programs()
    os.kill(program.pid, signal.SIGKILL)
    assert reader.read("Hola.", "es") == "ˈola."
    assert [again.pid for again in _programs() if again.status() != psutil.STATUS_ZOMBIE] != [program.pid]


def test_an_espeak_that_hangs_is_replaced(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "_ANSWER_SECONDS", 0.5)
    reader.read("Hola.", "es")
    (program,) = _programs()
    os.kill(program.pid, signal.SIGSTOP)
    began = time.monotonic()
    assert reader.read("Hola.", "es") == "ˈola."
    assert time.monotonic() - began < 5.0


def test_espeak_ends_with_who_started_it() -> None:
    code = (
        "from services.inference.engines.phonemes.reader import Reader; import psutil, os;"
        "reader = Reader(['es']); print(psutil.Process().children()[0].pid, flush=True); os._exit(0)"
    )
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=20).stdout)
    deadline = time.monotonic() + 5.0
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)


def test_gpl_code_is_never_in_this_process(reader: Reader) -> None:
    reader.read("Hola.", "es")
    assert "libespeak" not in Path("/proc/self/maps").read_text()


def test_long_phonemes_are_cut_after_punctuation() -> None:
    assert list(portions("aaa bbb, ccc ddd", 10)) == ["aaa bbb,", "ccc ddd"]
    assert list(portions("aaa bbb ccc", 8)) == ["aaa bbb", "ccc"]
    assert list(portions("a" * 25, 10)) == ["a" * 10, "a" * 10, "a" * 5]
    assert list(portions("  ", 10)) == []
