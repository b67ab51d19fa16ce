"""Cuts a text into the pieces that are synthesised one after the other."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

# The first piece decides when the caller hears something: about 4 s of speech, 30 ms of work.
FIRST_MAX_CHARACTERS: Final = 60
# Longer pieces sound better; the engine takes about 400 phonemes at once.
MAX_CHARACTERS: Final = 260
# A lone "Well," in front would sound chopped off.
_MIN_CHARACTERS: Final = 12

_CLAUSE_END: Final = re.compile(r"(?<=[,;:\u2014\u2013])\s+|\s+(?=[(\u2014\u2013])")
_BEFORE_WORD: Final = re.compile(r"\s+(?=(?:and|but|or|because|so|which|who|that|when|while|if|where|with|for)\s)")
_WORD_END: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Pauses:
    """Silence after a piece, in milliseconds, by what ends it."""

    comma_ms: int = 120
    sentence_ms: int = 250

    def after(self, piece: str) -> int:
        """The pause after a piece of text."""
        last = piece.rstrip("\"')]\u201d\u2019 ")[-1:]
        if last in ".!?…":
            return self.sentence_ms
        return self.comma_ms if last in ",;:\u2014\u2013)" else 0


def _halves(text: str, limit: int) -> tuple[str, str]:
    """The longest start of at most `limit` characters that ends well, and the rest."""
    for boundary in (_CLAUSE_END, _BEFORE_WORD, _WORD_END):
        ends = [match for match in boundary.finditer(text) if _MIN_CHARACTERS <= match.start() <= limit]
        if ends:
            return text[: ends[-1].start()], text[ends[-1].end() :]
    return text[:limit], text[limit:]


def _pieces(text: str, sentences: Callable[[str], list[str]]) -> Iterator[tuple[str, bool]]:
    """The pieces in order, each with whether it ends its sentence or line."""
    limit = FIRST_MAX_CHARACTERS
    for sentence in sentences(text):
        rest = sentence.strip()
        while len(rest) > limit:
            start, rest = _halves(rest, limit)
            yield start, False
            limit = MAX_CHARACTERS
        if rest:
            yield rest, True
            limit = MAX_CHARACTERS


def pieces(text: str, sentences: Callable[[str], list[str]], pauses: Pauses) -> Iterator[tuple[str, int]]:
    """The pieces of a text in order, each with the pause after it in milliseconds.

    A line without a full stop still ends like a sentence, unless it is the last: then the sentence may go on in another
    text. sentences: splits a text into sentences.
    """
    found = list(_pieces(text, sentences))
    for index, (piece, ends) in enumerate(found):
        pause_ms = pauses.after(piece)
        if ends and index < len(found) - 1:
            pause_ms = pause_ms or pauses.sentence_ms
        yield piece, pause_ms
