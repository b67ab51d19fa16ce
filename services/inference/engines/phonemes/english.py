"""English phonemes from Hibari's dictionaries, taggers and network for unknown words."""

import threading

from hibari.g2p import G2P


class English:
    """One accent. Thread-safe."""

    def __init__(self, british: bool = False) -> None:
        self._g2p = G2P(british=british)
        self._turn = threading.Lock()  # guards the tagger, which keeps state between words
        self.read("Warm up, Kwyjibo.")  # loads the network for unknown words

    def read(self, text: str) -> str:
        """Phonemes of a text; empty when nothing can be pronounced."""
        with self._turn:
            return str(self._g2p(text) or "")
