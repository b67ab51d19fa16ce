"""Spanish, French, Hindi, Italian and Portuguese phonemes from eSpeak NG, which runs in a separate process."""

import json
import os
import re
import selectors
import subprocess
import sys
import threading
import time
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# eSpeak NG's voice names, by language tag.
VOICES: Final = {"es": "es", "fr": "fr", "hi": "hi", "it": "it", "pt-BR": "pt-br"}

_PROGRAM: Final = Path(__file__).with_name("espeak_program.py")
# A sentence takes 10 ms; the first one loads its language.
_ANSWER_SECONDS: Final = 3.0
_MAX_ANSWER_BYTES: Final = 1 << 20

# The model was trained on clauses with punctuation, which eSpeak NG leaves out. So eSpeak NG gets only the words
# between the punctuation. A point or comma within a number belongs to the number.
_PUNCTUATION: Final = re.compile(r"\s*([;:.,!?¡¿—–…\"«»“”()।]+)(?=\s|$|[\"»”)])\s*|\s*([¡¿\"«“(—–…]+)\s*")
_LOOSE: Final = re.compile(r"\s+([;:.,!?…”)])")
_SPACES: Final = re.compile(r"\s+")
_SIGNS: Final = str.maketrans({"«": "“", "»": "”", "–": "—", "।": ".", "¡": None, "¿": None})
# eSpeak NG marks a change of language within a text like this.
_LANGUAGE_SWITCH: Final = re.compile(r"\([^()]*\)")
# eSpeak NG's spelling of sounds that misaki writes as one character (misaki.espeak.EspeakG2P).
_MISAKI: Final = (
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("d^z", "ʣ"),
    ("d^ʒ", "ʤ"),
    ("e^ɪ", "A"),
    ("o^ʊ", "O"),
    ("s^s", "S"),
    ("t^s", "ʦ"),
    ("t^ʃ", "ʧ"),
    ("ɔ^ɪ", "Y"),
    ("ə^ʊ", "Q"),
    ("^", ""),
    ("-", ""),
)


class EspeakFailed(RuntimeError):
    """eSpeak NG failed twice in a row."""


def _python() -> str:
    """Path of the Python interpreter: in Triton's model processes, `sys.executable` is not one."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


class _Process:
    """One running program."""

    def __init__(self) -> None:
        spec = find_spec("espeakng_loader")
        if spec is None or spec.origin is None:
            raise EspeakFailed("espeakng-loader is not installed: install the `inference` extra")
        package = Path(spec.origin).parent
        self._process = subprocess.Popen(
            [_python(), "-I", "-S", _PROGRAM, package / "libespeak-ng.so", package / "espeak-ng-data"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def ask(self, voice: str, text: str, deadline: float) -> list[str]:
        """Phonemes of each clause. Raises OSError when the process is dead or misses the monotonic deadline."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([voice, text]).encode() + b"\n")
        answer = json.loads(self._line(deadline))
        if "error" in answer:
            raise EspeakFailed(str(answer["error"]))
        return [str(clause) for clause in answer["ipa"]]

    def _line(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if len(line) > _MAX_ANSWER_BYTES or not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError("eSpeak NG did not answer in time")
                part = os.read(self._process.stdout.fileno(), 1 << 16)
                if not part:
                    raise BrokenPipeError("eSpeak NG ended")
                line += part
        return line

    def end(self) -> None:
        """Kill and reap the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Espeak:
    """Runs the process and restarts it when it dies or hangs. Thread-safe."""

    def __init__(self) -> None:
        self._turn = threading.Lock()  # guards the process: one question at a time
        self._process: _Process | None = None

    def read(self, language: str, text: str) -> str:
        """Phonemes of a text in one of VOICES; empty when nothing can be pronounced. Raises EspeakFailed."""
        found: list[str] = []
        at = 0
        for mark in _PUNCTUATION.finditer(text):
            found += (self._words(language, text[at : mark.start()]), _sign(mark, text))
            at = mark.end()
        found.append(self._words(language, text[at:]))
        return _SPACES.sub(" ", _LOOSE.sub(r"\1", "".join(found))).strip()

    def _words(self, language: str, words: str) -> str:
        if not any(character.isalnum() for character in words):
            return ""
        # A line break would end the request, and a NUL would end the text in C.
        words = "".join(" " if unicodedata.category(character) == "Cc" else character for character in words)
        ipa = _LANGUAGE_SWITCH.sub("", " ".join(self._ask(VOICES[language], words)))
        for theirs, ours in _MISAKI:
            ipa = ipa.replace(theirs, ours)
        return ipa.strip()

    def _ask(self, voice: str, words: str) -> list[str]:
        with self._turn:
            for last in (False, True):
                if self._process is None:
                    self._process = _Process()
                try:
                    return self._process.ask(voice, words, time.monotonic() + _ANSWER_SECONDS)
                except (OSError, ValueError) as problem:
                    self._end()
                    if last:
                        raise EspeakFailed(f"eSpeak NG failed twice: {problem}") from problem
        raise AssertionError("the loop returns or raises")

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()


def _sign(mark: re.Match[str], text: str) -> str:
    closing, opening = mark.group(1), mark.group(2)
    if opening:
        return " " + opening.translate(_SIGNS)
    return closing.translate(_SIGNS) + (" " if mark.end() < len(text) else "")
