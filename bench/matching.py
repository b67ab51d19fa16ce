"""Similarity of a mix of voices to a speaker, compared with the nearest single voice.

    python -m bench.matching

The speakers are Kokoro's voices, some with changed pitch (a speaker's own voice may not match it), Kokoro's voices of
other languages, and recorded people. The figure is the cosine between the embedding of the speaker and that of the
voice or mix, for two sentences that neither the search nor the voiceprints use.
"""

import itertools
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest_audioeval
import soundfile
import soxr
from numpy.typing import NDArray

from services.inference.engines.kokoro import Kokoro
from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.phonemes.reader import Reader
from services.inference.engines.speaker import SAMPLE_RATE_HZ, Speaker
from services.inference.engines.voice_matching import Matcher
from services.inference.engines.voiceprints import read_prints
from services.inference.settings import InferenceSettings

Sound = NDArray[np.float32]
LANGUAGES = ("en-US", "en-GB", "es", "ja", "zh")
# SAID: sentences of the recordings. JUDGED: sentences for the comparison of the matches.
SAID = (
    "The library closes at six on Fridays, so come a little earlier if you can.",
    "My brother has painted the kitchen yellow, and it looks rather cheerful now.",
)
JUDGED = (
    "Nobody could remember where the old bridge had been before the flood.",
    "Would you like your coffee with milk, or shall I bring some sugar?",
)
# (voice, factor on pitch and pace)
SPEAKERS = (
    ("af_bella", 1.0), ("am_onyx", 1.0), ("bf_emma", 1.0), ("af_sky", 1.08), ("am_adam", 0.93), ("bm_lewis", 1.1),
    ("ef_dora", 1.0), ("jf_alpha", 1.0), ("zm_yunxi", 1.0),
)  # fmt: skip
RECORDED = ("en", "es", "pl")
MATCHED_LANGUAGE = "en"


def said(kokoro: Kokoro, name: str, texts: tuple[str, ...], factor: float = 1.0) -> Sound:
    """English sentences spoken by a voice or mix of any language, with pitch and pace changed by a factor."""
    voice = kokoro.voice(name)
    language = voice.speaks("en") or "en-US"
    sound = np.concatenate([part for text in texts for part in kokoro.sounds(text, voice, language, 1.0)])
    return np.asarray(soxr.resample(sound, 24_000 * factor, SAMPLE_RATE_HZ), np.float32)


def speakers(kokoro: Kokoro) -> Iterator[tuple[str, Sound, str]]:
    """(name, recording, voice that may not match it)."""
    for name, factor in SPEAKERS:
        yield (name if factor == 1.0 else f"{name} x{factor:g}"), said(kokoro, name, SAID, factor), name
    folder = Path(next(iter(pytest_audioeval.__path__))) / "samples" / "audio"
    for language in RECORDED:
        parts = [soundfile.read(path, dtype="float32")[0] for path in sorted((folder / language).glob("*.wav"))]
        yield f"recorded, {language}", np.concatenate(parts), ""


def main() -> None:
    reader, speaker = Reader(LANGUAGES), Speaker()
    styles = Styles(InferenceSettings().kokoro_voices, LANGUAGES)
    kokoro = Kokoro(reader, styles, threads=2)
    every = kokoro.voices
    rows = []
    print(f"{platform.processor() or platform.machine()}, Kokoro on 2 threads, mixes of the voices that speak English")
    print(f"{'speaker':<18}{'single':>8}{'mix':>8}{'gain':>8}{'claimed':>9}{'seconds':>9}  mix")
    for title, recording, left_out in speakers(kokoro):
        kokoro.voices = MappingProxyType({name: voice for name, voice in every.items() if name != left_out})
        matcher = Matcher(kokoro, workers=1, seconds=3.0)
        began = time.perf_counter()
        match = matcher.match(recording, MATCHED_LANGUAGE)
        took = time.perf_counter() - began
        target = speaker.embed([recording])[0]
        prints = read_prints(kokoro.voices).items()
        alike = {name: float(row @ target) for name, row in prints if kokoro.voices[name].speaks("en")}
        single = max(alike, key=alike.__getitem__)
        likeness = [
            float(np.mean([speaker.embed([said(kokoro, name, (text,))])[0] @ target for text in JUDGED]))
            for name in (single, match.voice)
        ]
        rows.append((*likeness, match.similarity, took))
        print(
            f"{title:<18}{likeness[0]:>8.3f}{likeness[1]:>8.3f}{likeness[1] - likeness[0]:>+8.3f}"
            f"{match.similarity:>9.3f}{took:>9.1f}  {match.voice} (single: {single})",
            flush=True,
        )
    means = np.mean(rows, axis=0)
    print(f"{'mean':<18}{means[0]:>8.3f}{means[1]:>8.3f}{means[1] - means[0]:>+8.3f}{means[2]:>9.3f}{means[3]:>9.1f}")
    seconds = [row[3] for row in rows]
    print("a match takes p50 {:.1f} s, p95 {:.1f} s, p99 {:.1f} s".format(*np.percentile(seconds, (50, 95, 99))))
    strangers = [float(one @ other) for one, other in itertools.combinations(read_prints(every).values(), 2)]
    print(f"mean similarity of two different voices of Kokoro: {np.mean(strangers):.2f}")
    reader.close()


if __name__ == "__main__":
    main()
