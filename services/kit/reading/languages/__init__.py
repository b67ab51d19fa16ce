"""The voices' languages other than English: one file of words for each, named by its primary subtag."""

import tomllib
from pathlib import Path
from typing import Any, Final

from services.kit.reading.language import Currency, Language
from services.kit.reading.web_addresses import Signs


def _language(path: Path) -> Language:
    words: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    words["signs"] = Signs(**words["signs"])
    words["currencies"] = {symbol: Currency(*names) for symbol, names in words["currencies"].items()}
    words["units"] = {unit: (one, many) for unit, (one, many) in words["units"].items()}
    lists = {name: tuple(value) for name, value in words.items() if isinstance(value, list)}
    return Language(**{"months": (), **words, **lists})


LANGUAGES: Final = {path.stem: _language(path) for path in sorted(Path(__file__).parent.glob("*.toml"))}
