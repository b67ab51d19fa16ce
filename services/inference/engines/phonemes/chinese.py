"""Mandarin phonemes with tones, by misaki's frontend of Kokoro 1.0."""

import contextlib

import cn2an
import jieba
from misaki.zh import ZHG2P


def _load_words() -> None:
    """Load the dictionary. jieba's own loader would cache it as code in a folder that every user can write to."""
    words = jieba.dt
    if not words.initialized:
        words.FREQ, words.total = words.gen_pfdict(words.get_dict_file())
        words.initialized = True


class Chinese:
    """Reads Han characters and numbers, no Latin words. Thread-safe."""

    def __init__(self) -> None:
        _load_words()
        self.read("预热。")

    def read(self, text: str) -> str:
        """Phonemes of a text; empty when nothing can be pronounced."""
        with contextlib.suppress(ValueError):  # some numbers have no reading: they stay digits
            text = cn2an.transform(text, "an2cn")
        text = ZHG2P.map_punctuation(text)
        return str(ZHG2P.legacy_call(text)) if text else ""
