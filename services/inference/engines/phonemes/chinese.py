"""Mandarin phonemes with tones, by misaki's frontend of Kokoro 1.0."""

import contextlib

import cn2an
import jieba
from misaki.zh import ZHG2P


def _load_words() -> None:
    """Read the dictionary of words. By itself jieba would keep it as code where everyone can write."""
    words = jieba.dt
    if not words.initialized:
        words.FREQ, words.total = words.gen_pfdict(words.get_dict_file())
        words.initialized = True


class Chinese:
    """May be read from several threads. Reads Han characters and numbers; Latin words are not its business."""

    def __init__(self) -> None:
        _load_words()
        self.read("预热。")

    def read(self, text: str) -> str:
        """Phonemes of a text; empty where nothing can be pronounced."""
        with contextlib.suppress(ValueError):  # it has no reading for every number: the others stay digits
            text = cn2an.transform(text, "an2cn")
        text = ZHG2P.map_punctuation(text)
        return str(ZHG2P.legacy_call(text)) if text else ""
