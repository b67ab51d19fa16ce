"""`python -m bench.intelligibility [VOICE …]`: word error rate of each English voice, transcribed back by Moonshine."""

import sys

import numpy as np
import soxr

from bench.sentences import ENGLISH
from bench.speaker import own_speaker, spoken
from bench.words import word_error_rate
from services.inference.engines.moonshine import Moonshine
from services.inference.engines.recogniser import Speech
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ
from services.inference.speaking.speech import Speaker

_HEARD_AT_HZ = 16_000
# A recogniser wants some silence around what it hears.
_AROUND_SECONDS = 0.3
# Above this a voice is not called good.
MAX_ERROR_RATE = 0.05


def error_rates(speaker: Speaker, voice: str, recogniser: Moonshine, every: int = 1) -> tuple[float, float]:
    """(word error rate over all sentences, seconds of speech). every: 5 takes each fifth sentence."""
    said, heard, seconds = [], [], 0.0
    silence = np.zeros(int(_AROUND_SECONDS * _HEARD_AT_HZ), np.float32)
    for sentence in ENGLISH[::every]:
        sound = spoken(speaker, sentence, voice)
        seconds += len(sound) / SAMPLE_RATE_HZ
        samples = soxr.resample(sound, SAMPLE_RATE_HZ, _HEARD_AT_HZ)
        said.append(sentence)
        found = recogniser.decode([Speech(np.concatenate([silence, samples, silence]))])
        heard += [step[1].text for step in found if step is not None]
    return word_error_rate(" ".join(said), " ".join(heard)), seconds


def main(wanted: list[str]) -> int:
    """Exit status: 1 when a voice that was asked for by name is above MAX_ERROR_RATE."""
    recogniser = Moonshine()
    worst = 0.0
    with own_speaker() as speaker:
        english = [name for name, voice in speaker.voices.items() if voice.speaks("en")]
        for name in wanted or english:
            rate, seconds = error_rates(speaker, name, recogniser)
            worst = max(worst, rate)
            print(f"{name:14s} {rate:6.1%}  of {len(ENGLISH)} sentences, {seconds:4.0f} s", flush=True)
    return int(bool(wanted) and worst > MAX_ERROR_RATE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
