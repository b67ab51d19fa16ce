"""`python -m bench.intelligibility [VOICE …]`: error rate of each voice when its speech is recognised.

English voices: word error rate over 50 sentences, recognised by Moonshine. Other voices: character error rate over six,
recognised by Whisper base, which writes numbers as digits and makes more errors in some languages than in others.
"""

import sys
from collections import defaultdict

import numpy as np
import soxr
from numpy.typing import NDArray

from bench.languages import errors
from bench.sentences import ENGLISH, sentences
from bench.speaker import own_speaker, spoken
from bench.words import word_error_rate
from services.inference.engines.moonshine import Moonshine
from services.inference.engines.recogniser import Recogniser, Speech
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ, Voice
from services.inference.engines.whisper import Whisper
from services.inference.synthesis.speech import Speaker

_HEARD_AT_HZ = 16_000
# Silence around each clip; a recogniser needs some.
_AROUND_SECONDS = 0.3
# A voice with a higher rate is not called good.
MAX_ERROR_RATE = 0.05


def error_rates(speaker: Speaker, voice: str, recogniser: Recogniser, every: int = 1) -> tuple[float, float]:
    """(word error rate over all sentences, seconds of speech). every: 5 takes each fifth sentence."""
    said, seconds = ENGLISH[::every], 0.0
    texts = []
    for sentence in said:
        sound = spoken(speaker, sentence, voice)
        seconds += len(sound) / SAMPLE_RATE_HZ
        texts.append(_heard(recogniser, sound, "en"))
    return word_error_rate(" ".join(said), " ".join(texts)), seconds


def character_errors(speaker: Speaker, name: str, language: str, recogniser: Recogniser) -> float:
    """Mean character error rate over the sentences of a language."""
    primary = language.split("-")[0]
    rates = [
        errors(primary, sentence, _heard(recogniser, spoken(speaker, sentence, name), primary))[1]
        for sentence in sentences(language)
    ]
    return float(np.mean(rates))


def _heard(recogniser: Recogniser, sound: NDArray[np.float32], language: str) -> str:
    silence = np.zeros(int(_AROUND_SECONDS * _HEARD_AT_HZ), np.float32)
    samples = soxr.resample(sound, SAMPLE_RATE_HZ, _HEARD_AT_HZ)
    found = recogniser.decode([Speech(np.concatenate([silence, samples, silence]), language)])
    return " ".join(step[1].text for step in found if step is not None)


def _english(speaker: Speaker, voices: dict[str, Voice]) -> float:
    """Prints a line for each voice. Returns the worst rate."""
    recogniser, worst = Moonshine(), 0.0
    for name in voices:
        rate, seconds = error_rates(speaker, name, recogniser)
        worst = max(worst, rate)
        print(f"{name:14s} {rate:6.1%}  of the words of {len(ENGLISH)} sentences, {seconds:4.0f} s", flush=True)
    return worst


def _others(speaker: Speaker, voices: dict[str, Voice]) -> None:
    """Prints a line for each voice and each language."""
    recogniser = Whisper()
    rates = defaultdict(list)
    for name, voice in voices.items():
        language = voice.languages[0]
        rates[language].append(character_errors(speaker, name, language, recogniser))
        print(f"{name:14s} {rates[language][-1]:6.1%}  of the characters, {language}", flush=True)
    for language, found in rates.items():
        print(f"{language:14s} {np.mean(found):6.1%}  mean of {len(found)} voices, best {min(found):.1%}")


def main(wanted: list[str]) -> int:
    """Exit status: 1 if an English voice asked for by name exceeds MAX_ERROR_RATE, 2 for an unknown name."""
    with own_speaker() as speaker:
        if unknown := sorted(set(wanted) - set(speaker.voices)):
            print(f"there is no voice {', '.join(unknown)}; there are {', '.join(speaker.voices)}", file=sys.stderr)
            return 2
        chosen = {name: voice for name, voice in speaker.voices.items() if not wanted or name in wanted}
        english = {name: voice for name, voice in chosen.items() if voice.speaks("en")}
        worst = _english(speaker, english) if english else 0.0
        if others := {name: voice for name, voice in chosen.items() if name not in english}:
            _others(speaker, others)
    return int(bool(wanted) and worst > MAX_ERROR_RATE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
