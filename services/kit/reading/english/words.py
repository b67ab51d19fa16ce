"""Loads the word tables of words.toml."""

import tomllib
from pathlib import Path
from typing import Any, Final

_TABLES: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)

CURRENCIES: Final[dict[str, tuple[str, str, str, str]]] = {
    sign: tuple(said) for sign, said in _TABLES["currencies"].items()
}
CODES: Final[dict[str, tuple[str, str, str, str]]] = {code: tuple(said) for code, said in _TABLES["codes"].items()}
UNITS: Final[dict[str, str]] = _TABLES["units"]
ABBREVIATIONS: Final[dict[str, str]] = _TABLES["abbreviations"]
TITLES: Final[dict[str, str]] = _TABLES["titles"]
STATES: Final[dict[str, str]] = _TABLES["states"]
STREETS: Final[dict[str, str]] = _TABLES["streets"]
