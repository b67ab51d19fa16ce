"""`python -m bench.languages`: Whisper's accuracy in each language, and the cost of batches, words and memory."""

import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import jiwer
import numpy as np
import psutil
import pytest_audioeval
import soundfile
import soxr

from measure.machine import machine
from services.inference.engines.recogniser import AUTO, SAMPLE_RATE_HZ, Hypothesis, Recogniser, Speech
from services.inference.engines.whisper import Whisper

SAMPLES = Path(next(iter(pytest_audioeval.__path__))) / "samples" / "audio"
# Languages without spaces between words: they have no word error rate.
UNSPACED = ("ja", "zh")
BATCHES = (1, 4, 8)
ROUNDS = 3


def recordings() -> Iterator[tuple[Speech, str]]:
    for path in sorted(SAMPLES.glob("*/*.wav")):
        samples, rate_hz = soundfile.read(path, dtype="float32")
        clip = np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), np.float32)
        yield Speech(clip, path.parent.name), path.with_suffix(".txt").read_text().strip()


def plain(text: str) -> str:
    kept = "".join(
        character
        for character in unicodedata.normalize("NFKC", text).lower()
        if unicodedata.category(character)[0] not in "PS"
    )
    return " ".join(kept.split())


def heard(engine: Recogniser, clips: Sequence[Speech], size: int) -> list[Hypothesis]:
    found: dict[int, Hypothesis] = {}
    for first in range(0, len(clips), size):
        steps = engine.decode(clips[first : first + size])
        found |= {first + step[0]: step[1] for step in steps if step is not None}
    return [found[at] for at in range(len(clips))]


def errors(language: str, said: str, text: str) -> tuple[float | None, float]:
    """Word and character error rate, ignoring case, punctuation, and spaces in scripts that have none."""
    said, text = plain(said), plain(text)
    if language in UNSPACED:
        return None, float(jiwer.cer(said.replace(" ", ""), text.replace(" ", "") or "-"))
    return float(jiwer.wer(said, text or "-")), float(jiwer.cer(said, text or "-"))


def accuracy(engine: Whisper, pairs: Sequence[tuple[Speech, str]]) -> None:
    print("Whisper writes numbers as digits, which count as wrong here.\n")
    print("| language | clip | WER | CER | `auto` | heard |\n|---|---|---|---|---|---|")
    for clip, said in pairs:
        served = clip.language in engine.languages
        ((found,), (auto,)) = (
            heard(engine, [Speech(clip.samples, clip.language if served else AUTO)], 1),
            heard(engine, [Speech(clip.samples, AUTO)], 1),
        )
        words, characters = errors(clip.language, said, found.text)
        rate = "" if words is None else f"{words:.0%}"
        tag = clip.language if served else f"{clip.language}, not served"
        print(f"| {tag} | {said} | {rate} | {characters:.0%} | {auto.language} | {found.text} |")


def cost(engine: Whisper, clips: Sequence[Speech]) -> None:
    seconds = sum(len(clip.samples) for clip in clips) / SAMPLE_RATE_HZ
    alone = [found.text for found in heard(engine, clips, 1)]
    print(f"\n{len(clips)} clips, {seconds:.0f} s of audio, {ROUNDS} rounds, one thread; processor time\n")
    print("| batch | audio seconds per core second | ms a clip | texts unlike those alone |\n|---|---|---|---|")
    timed = [Speech(clip.samples, clip.language, timed=True) for clip in clips]
    for size, name, batch in [*((size, str(size), clips) for size in BATCHES), (1, "1, with words", timed)]:
        began = time.process_time()
        for _ in range(ROUNDS):
            texts = [found.text for found in heard(engine, batch, size)]
        spent = (time.process_time() - began) / ROUNDS
        unlike = sum(text != other for text, other in zip(texts, alone, strict=True))
        print(f"| {name} | {seconds / spent:.1f} | {spent / len(clips) * 1e3:.0f} | {unlike} |")


def main() -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    engine = Whisper()
    engine.warm_up()
    pairs = list(recordings())
    accuracy(engine, pairs)
    cost(engine, [clip for clip, _ in pairs if clip.language in engine.languages])
    print(f"\nmemory of the engine: {(process.memory_info().rss - before) / 2**20:.0f} MiB")
    print(*(f"{name}: {value}" for name, value in machine().items()), sep="\n")
    engine.close()


if __name__ == "__main__":
    main()
