"""Converts a text to phonemes. Parts in another script are read by the language of that script."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from services.inference.engines.phonemes.espeak import VOICES as ESPEAK_VOICES
from services.inference.engines.phonemes.espeak import Espeak

ENGLISH: Final = "en-US"
LANGUAGES: Final = (ENGLISH, "en-GB", *ESPEAK_VOICES, "ja", "zh")

# The scripts that each language reads itself, by Unicode's names.
_SCRIPTS: Final = {"ja": ("CJK", "HIRAGANA", "KATAKANA", "LATIN"), "zh": ("CJK",), "hi": ("DEVANAGARI", "LATIN")}
_LATIN: Final = ("LATIN",)
# The language that reads a script when the language of the text does not.
_GUESTS: Final = {"LATIN": ENGLISH, "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "DEVANAGARI": "hi"}
_SCRIPT_OF_NAME: Final = re.compile(r"FULLWIDTH (LATIN)|(LATIN|CJK|HIRAGANA|KATAKANA|DEVANAGARI)")

Read = Callable[[str], str]


def script(character: str) -> str | None:
    """Unicode's name of a character's script, "" for an unsupported script, None for a character without a script."""
    if unicodedata.category(character)[0] != "L":
        return None
    if "぀" <= character <= "ヿ" and character in "ー・":
        return None
    named = _SCRIPT_OF_NAME.match(unicodedata.name(character, ""))
    return next(filter(None, named.groups())) if named else ""


def runs(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Parts of a text, each with the language that reads it, "" for an unsupported script.

    Digits, punctuation and spaces go with the letters before them.
    """
    own = _SCRIPTS.get(language, _LATIN)
    reader, start = language, 0
    for at, character in enumerate(text):
        letters = script(character)
        if letters is None:
            continue
        wanted = language if letters in own else _GUESTS.get(letters, "")
        if wanted != reader:
            if at > start:
                yield reader, text[start:at]
            reader, start = wanted, at
    yield reader, text[start:]


class Reader:
    """Converts text of the given languages to phonemes in misaki's alphabet."""

    def __init__(self, languages: Iterable[str] = LANGUAGES) -> None:
        """Loads the languages now, so that no call waits for it. Raises ValueError for an unknown language."""
        self.languages = tuple(languages)
        if unknown := sorted(set(self.languages) - set(LANGUAGES)):
            raise ValueError(f"unknown languages: {', '.join(unknown)}; known: {', '.join(LANGUAGES)}")
        self._espeak = Espeak()
        try:
            self._reads: dict[str, Read] = {language: self._loaded(language) for language in self.languages}
        except BaseException:
            self.close()
            raise

    def _loaded(self, language: str) -> Read:
        # Each import loads dictionaries, so only the needed modules are imported.
        if language in ESPEAK_VOICES:
            read: Read = partial(self._espeak.read, language)
            read("a")
            return read
        if language == "ja":
            from services.inference.engines.phonemes.japanese import Japanese

            return Japanese().read
        if language == "zh":
            from services.inference.engines.phonemes.chinese import Chinese

            return Chinese().read
        from services.inference.engines.phonemes.english import English

        return English(british=language == "en-GB").read

    def read(self, text: str, language: str) -> str:
        """Phonemes of a text, without the parts in an unsupported script.

        language: one of `languages`; raises KeyError for another.
        """
        own = self._reads[language]
        parts = []
        for reader, run in runs(text, language):
            read = own if reader == language else self._reads.get(reader)
            if read is not None and any(character.isalnum() for character in run):
                parts.append(read(run).strip())
        return " ".join(filter(None, parts))

    def close(self) -> None:
        """Stop the eSpeak NG process."""
        self._espeak.close()


def portions(phonemes: str, limit: int) -> Iterator[str]:
    """Parts of at most `limit` characters, split after punctuation, else between words, else anywhere."""
    rest = phonemes
    while len(rest) > limit:
        head = rest[:limit]
        ends = [head.rfind(sign) + 1 for sign in ",.;:!?—"]
        cut = max(ends) or head.rfind(" ") + 1 or limit
        yield rest[:cut].strip()
        rest = rest[cut:].lstrip()
    if rest.strip():
        yield rest
