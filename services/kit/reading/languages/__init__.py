"""The voices' languages other than English: one file of words for each, named by its primary subtag."""

from pathlib import Path
from typing import Final

from services.kit.reading.languages.reading import Language
from services.kit.reading.languages.words import words_of

LANGUAGES: Final = {path.stem: Language(words_of(path)) for path in sorted(Path(__file__).parent.glob("*.toml"))}
