"""`python -m bench.loudness [VOICE …]`: measures voices (EBU R128) and writes the gains to one level."""

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyebur128
from numpy.typing import NDArray

from bench.sentences import sentences
from bench.speaker import own_speaker
from services.inference.engines.synthesiser import SAMPLE_RATE_HZ
from services.inference.synthesis import loudness
from services.inference.synthesis.shaping import shaped
from services.inference.synthesis.speech import Speaker

TARGET_LUFS = -20.0
# About 7 s of speech for each voice.
_SENTENCES = 3
_FILE = Path(loudness.__file__).with_name("loudness.toml")


def lufs(sound: NDArray[np.float64]) -> float:
    """Integrated loudness by EBU R128 of mono sound in -1..1 at 24 kHz."""
    state = pyebur128.R128State(1, SAMPLE_RATE_HZ, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(np.ascontiguousarray(sound, np.float64), len(sound))
    return float(pyebur128.get_loudness_global(state))


def natural_lufs(speaker: Speaker, name: str) -> float:
    """Loudness of a voice at the engine's own level, over some sentences."""
    speech = speaker.order("", name)
    voice = speaker.voices[name]
    language = voice.languages[0]
    parts = [
        shaped(sound, SAMPLE_RATE_HZ, pause_ms=0)
        for sentence in sentences(language)[-_SENTENCES:]
        for sound in speech.engine.sounds(sentence, voice, language, 1.0)
    ]
    return lufs(np.concatenate(parts).astype(np.float64) / 32_768)


def write(gains: Mapping[str, float]) -> None:
    """Write the gains beside the module that reads them."""
    lines = [
        "# Measured by `python -m bench.loudness`: the gain from the level of each voice to the target.",
        f"target_lufs = {TARGET_LUFS}",
        "",
        "[gain_db]",
        *(f"{name} = {gain:.1f}" for name, gain in gains.items()),
    ]
    _FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(wanted: list[str]) -> None:
    gains: dict[str, float] = tomllib.loads(_FILE.read_text("utf-8"))["gain_db"]
    with own_speaker() as speaker:
        for name in wanted or speaker.voices:
            gains[name] = TARGET_LUFS - natural_lufs(speaker, name)
            print(f"{name:16s} {TARGET_LUFS - gains[name]:6.1f} LUFS  {gains[name]:+5.1f} dB", flush=True)
    write(gains)


if __name__ == "__main__":
    main(sys.argv[1:])
