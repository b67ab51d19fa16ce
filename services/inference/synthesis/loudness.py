"""Gains that bring all voices to one loudness, measured by `python -m bench.loudness` and kept in loudness.toml."""

import tomllib
from functools import cache
from pathlib import Path

from services.inference.engines.synthesiser import Voice


@cache
def _gains() -> dict[str, float]:
    gains: dict[str, float] = tomllib.loads(Path(__file__).with_name("loudness.toml").read_text("utf-8"))["gain_db"]
    return gains


def gain_db(voice: Voice) -> float:
    """Gain for the engine's output in dB: for a mix the weighted mean, for a voice that was not measured 0."""
    return sum(weight * _gains().get(part, 0.0) for part, weight in voice.parts)
