"""The synthesis engines with the settings of a profile, without a server."""

import contextlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.hibari import Hibari
from services.inference.engines.kokoro import Kokoro
from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.phonemes.reader import Reader
from services.inference.settings import InferenceSettings
from services.inference.synthesis.speech import Speaker


@contextlib.contextmanager
def own_speaker(threads: int = 1) -> Iterator[Speaker]:
    """Every voice of both engines. threads: number of threads for one piece of Kokoro."""
    reader = Reader()
    styles = Styles(InferenceSettings().kokoro_voices, reader.languages)
    speaker = Speaker([Hibari(reader), Kokoro(reader, styles, threads)], "heart")
    try:
        yield speaker
    finally:
        speaker.close()
        reader.close()


def spoken(speaker: Speaker, text: str, voice: str) -> NDArray[np.float32]:
    """The whole text: float32 [n] at 24 kHz."""
    pieces = list(speaker.order(text, voice))
    return np.concatenate(pieces).astype(np.float32) / 32_768 if pieces else np.zeros(0, np.float32)
