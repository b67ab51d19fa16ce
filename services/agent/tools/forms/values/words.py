"""The words of each language, from `languages/*.toml`.

Every entry is a regular expression, in lower case. Accents are removed when it is read, as they are from what callers
say. In templates, `{n}` is a count, `{unit}` and `{weekday}` a word of the language, `{d}` a day of a month, `{h}` an
hour, `{m}` minutes, `{mm}` minutes of two digits, `{q}` a quarter, `{l}` a letter, `{x}` and `{y}` a letter or digit.

| key | meaning |
|---|---|
| `blanks` | whether the language puts blanks between words |
| `months`, `weekdays` | twelve from January, seven from Monday |
| `days`, `ahead` | words for days, with their distance from today; those of `ahead` also mean days in the past |
| `units`, `one` | day, week, month, year, two weeks; words for 1 beside them |
| `later`, `sooner`, `from_weekday` | a count of units from today, before today, from a weekday |
| `this_weekday`, `next_weekday`, `next_week`, `week_after` | which of the coming weekdays |
| `next_is_unclear` | whether “next Friday” may mean either of two days |
| `before_day`, `ordinal`, `day_link`, `day_alone` | what stands around the day of a month |
| `fixed`, `year_month_day` | days that have a name; a date that begins with its year |
| `numeric_order` | of 3/12: `day` or `month` comes first, or `unclear` |
| `unclear_dates` | what no single date can be made of |
| `times` | templates with minutes to add to the hour, and whether `{m}` is added (1) or taken (-1) |
| `fixed_times`, `around_noon` | times in minutes after midnight; minutes beside noon or midnight |
| `parts` | parts of the day; `quarter`, `noon`, `midnight`, `bare_hour`, `after_clock`: other words of times |
| `numbers` | `nouns` and `scales` are words with their value; with a word of `unclear` a number is not used |
| `answers` | words of yes and no, words to pass over, words that choose an option or refuse it |
| `signs` | what the signs of an address are called, and how letters are spelled |
| `correct` | how a caller corrects a value |
| `unfinished` | words after which a value goes on |
| `said` | how a value is read back |
| `guide` | what the guide of forms says; words that stop a form, begin a question or stand before a value |
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("languages")
# Stands for a language's word for a quarter of an hour where it could be read as the ordinal 4th.
QUARTER = "\ue000"
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "hi", "ja", "zh")
_LATIN_MARKS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """The text in lower case, without the accents of Latin letters and without odd forms of characters."""
    bare = _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", bare).replace("\u2019", "'").replace("\u2018", "'")


def _folded_pattern(source: str) -> str:
    """A pattern without accents. Its letters are lower case already."""
    return unicodedata.normalize("NFC", _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", source))).replace("ß", "ss")


class Words:
    """The words of one language."""

    def __init__(self, language: str, table: Mapping[str, Any]) -> None:
        self.language = language
        self._table = table
        self.has_blanks: bool = table.get("blanks", True)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def get(self, path: str) -> str:
        """A text by its path, such as `numbers.decimal`; empty when the language has none."""
        return str(self._at(path) or "")

    def flag(self, path: str) -> bool:
        """Whether an entry is set."""
        return self._at(path) is True

    def all(self, path: str) -> list[Any]:
        """A list by its path; empty when the language has none."""
        return list(self._at(path) or ())

    def _at(self, path: str) -> Any:
        found: Any = self._table
        for key in path.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    @cached_property
    def _parts(self) -> dict[str, str]:
        return {
            "{weekday}": "(?P<weekday>" + "|".join(self.all("weekdays")) + ")",
            "{unit}": "(?P<unit>" + "|".join(self.all("units")) + ")",
            "{n}": r"(?P<n>\d{1,4}" + (f"|{self.get('one')}" if self.get("one") else "") + ")",
            "{d}": r"(?P<d>\d{1,2})",
            "{h}": r"(?P<h>\d{1,2})",
            "{mm}": r"(?P<m>\d{2})",
            "{m}": r"(?P<m>\d{1,2})",
            "{q}": QUARTER,
            "{l}": "(?P<x>[a-z])",
            "{x}": "(?P<x>[a-z0-9])",
            "{y}": "(?P<y>[a-z0-9])",
        }

    def compiled(self, source: str) -> re.Pattern[str]:
        """A template as a pattern of whole words."""
        if self.has_blanks:
            return self._pattern(source, r"(?<!\w)(?:", r")(?!\w)")
        return self._pattern(source, r"(?:(?<!\d)|(?!\d))(?:", r")(?:(?<!\d)|(?!\d))")

    def _pattern(self, source: str, before: str, after: str) -> re.Pattern[str]:
        key = before + source
        if key not in self._compiled:
            pattern = source
            for name, part in self._parts.items():
                pattern = pattern.replace(name, part)
            self._compiled[key] = re.compile(before + _folded_pattern(pattern) + after)
        return self._compiled[key]

    def searched(self, source: str) -> re.Pattern[str]:
        """A template as a pattern of parts of words, too."""
        return self._pattern(source, "", "")

    def templates(self, path: str) -> list[re.Pattern[str]]:
        """The patterns of a list of templates at a path."""
        return [self.compiled(template) for template in self.all(path)]

    def pattern(self, path: str) -> re.Pattern[str] | None:
        """The pattern at a path, None when the language has none."""
        source = self.get(path)
        return self.compiled(source) if source else None

    def has(self, path: str, text: str) -> bool:
        """Whether a text has one of the words at a path."""
        pattern = self.pattern(path)
        return bool(pattern and pattern.search(text))

    def has_word(self, source: str, text: str) -> bool:
        """Whether a text has one of the words of a pattern."""
        return bool(self.compiled(source).search(text))

    def ends_with(self, path: str, text: str) -> bool:
        """Whether a text ends with one of the words at a path."""
        source = self.get(path)
        return bool(source and self.compiled(rf"(?:{source})\Z").search(text))

    def without(self, path: str, text: str) -> str:
        """A text without the words at a path."""
        pattern = self.pattern(path)
        return " ".join(pattern.sub(" ", text).split()) if pattern else text

    def index(self, path: str, word: str) -> int:
        """The place of a word in a list of patterns."""
        for index, source in enumerate(self.all(path)):
            if re.fullmatch(_folded_pattern(source), word):
                return index
        raise LookupError(word)


@cache
def _read(language: str) -> Words:
    return Words(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8")))


def words_of(language: str) -> Words | None:
    """The words of a language by its BCP-47 tag, None for a language that is not known here."""
    base = language.lower().partition("-")[0]
    return _read(base) if base in LANGUAGES else None
