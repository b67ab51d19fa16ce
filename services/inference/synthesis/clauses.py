"""Cuts a text into the pieces that are synthesised one after the other."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

# A shorter piece, such as "Well," alone, sounds chopped off.
_MIN_WIDTH: Final = 12.0
# A character of these scripts takes as long to say as 2.5 Latin letters.
_WIDE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff10-\uff5a]")
_WIDE_WIDTH: Final = 2.5

_CLAUSE_END: Final = re.compile(r"(?<=[,;:\u2014\u2013])\s+|(?<=[、，；：])\s*|\s+(?=[(\u2014\u2013])")
_WORD_END: Final = re.compile(r"\s+")
# A speaker takes a breath before these words, by primary tag. In Japanese the cut is after the particle of a phrase.
_JOINING: Final = {
    "en": "and but or because so which who that when while if where with for",
    "es": "y e pero o porque que cuando donde si para con",
    "fr": "et mais ou parce qui que quand où si pour avec",
    "it": "e ma o perché che quando dove se per con",
    "pt": "e mas ou porque que quando onde se para com",
    "hi": "और लेकिन या क्योंकि कि जब तो अगर",
}
_BEFORE_WORD: Final = {
    language: re.compile(rf"\s+(?=(?:{'|'.join(words.split())})\s)") for language, words in _JOINING.items()
}
# A piece may exceed its limit by this factor if its sentence then ends with it. Languages written without spaces get
# more, because they would otherwise be cut in the middle of a word.
_STRETCH: Final = {"ja": 1.5, "zh": 2.0}
_USUAL_STRETCH: Final = 1.3
_BEFORE_WORD["ja"] = re.compile(r"(?<=[はがをにでと])(?=[\u3400-\u9fff\u30a0-\u30ff])")


@dataclass(frozen=True, slots=True)
class Pauses:
    """Silence after a piece, in milliseconds, by the punctuation at its end."""

    comma_ms: int = 120
    sentence_ms: int = 250

    def after(self, piece: str) -> int:
        """The pause after a piece of text."""
        last = piece.rstrip("\"')]\u201d\u2019」』） ")[-1:]
        if last in ".!?…。！？।":
            return self.sentence_ms
        return self.comma_ms if last in ",;:\u2014\u2013)、，；：" else 0


def _width(text: str) -> float:
    """Width of a text: the number of Latin letters that take as long to say."""
    return len(text) + (_WIDE_WIDTH - 1) * len(_WIDE.findall(text))


def _halves(text: str, limit: float, language: str) -> tuple[str, str]:
    """Split a text at the last good boundary within width `limit`; (text, "") if the whole fits within the stretch."""
    fits = len(text)
    while _width(text[:fits]) > limit:
        fits -= max(1, int((_width(text[:fits]) - limit) / _WIDE_WIDTH))
    for boundary in (_CLAUSE_END, _BEFORE_WORD.get(language), _WORD_END):
        found = boundary.finditer(text, 0, min(len(text), fits + 1)) if boundary else ()
        ends = [match for match in found if match.start() <= fits and _width(text[: match.start()]) >= _MIN_WIDTH]
        if ends:
            return text[: ends[-1].start()], text[ends[-1].end() :]
        if boundary is _CLAUSE_END and _width(text) <= limit * _STRETCH.get(language, _USUAL_STRETCH):
            return text, ""
    return text[:fits], text[fits:]


def _pieces(sentences: Iterable[str], limits: Sequence[int], language: str) -> Iterator[tuple[str, bool]]:
    """The pieces in order, each with whether it ends its sentence or line."""
    made = 0
    for sentence in sentences:
        rest = sentence.strip()
        while _width(rest) > (limit := limits[min(made, len(limits) - 1)]):
            start, rest = _halves(rest, limit, language)
            yield start, not rest
            made += 1
        if rest:
            yield rest, True
            made += 1


def pieces(
    sentences: Iterable[str], pauses: Pauses, limits: Sequence[int], language: str = "en"
) -> Iterator[tuple[str, int]]:
    """The pieces of a text in order, each with the pause after it in milliseconds.

    A line without a full stop gets a sentence's pause, except the last line, whose sentence may continue in the next
    text. limits: maximum width of the first, second, … piece; the last applies to all that follow; language: primary
    tag.
    """
    found = list(_pieces(sentences, limits, language))
    for index, (piece, ends) in enumerate(found):
        pause_ms = pauses.after(piece)
        if ends and index < len(found) - 1:
            pause_ms = pause_ms or pauses.sentence_ms
        yield piece, pause_ms
