"""Splits a streamed reply into clauses, so that speaking starts before its first sentence is complete."""

import re
from collections.abc import Iterator

from services.kit.reading.sentences import SENTENCE_END, is_abbreviation

# A clause ends at punctuation that a blank follows: "9:30" and "3.5" stay whole, and so do "July 4, 1776" and "the code
# is: 4821". Chinese, Japanese and Hindi need no blank.
_CLAUSE_END = re.compile(r"[;.!?…—–](?=[\"'”’)\]]*\s)|[,:](?=[\"'”’)\]]*\s+[^\s\d])|[。！？；，、।][」』”）]?")
# Text in brackets, in emphasis or in a link is not cut. A mark that is never closed holds a clause up for so long.
_OPEN = re.compile(
    r"(?:[(\[（【][^)\]）】]{0,80}|\]\([^)\s]{0,200}|(?<![\w*])\*{1,2}(?=[^\s*])[^*]{0,80}|`[^`]{1,80}"
    r"|<[a-zA-Z/][^>]{0,80})$"
)
_CONTINUES = re.compile(
    r"^\W?\d|^(?:[$€£¥₹+-]|a\.m|p\.m|am|pm|o'clock|percent|million|billion|thousand|hundred|dollars|euros)",
    re.IGNORECASE,
)
_INCOMPLETE = re.compile(
    r"^\W{0,2}\d[\d.,:/+–—-]*%?$|^[A-Z]\.$|[$€£#@&/+=-]$|\b(?:No|Mr|Mrs|Ms|Dr|Prof|St|May|March|June|July)\.?$"
)
_OPEN_CHARACTERS = 250
_WORD = re.compile(r"\S+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_UNSPACED_PER_WORD = 2
_FIRST_MIN_WORDS = 2
# Without punctuation the first clause is cut at this many words, so that a long sentence does not delay the voice.
_FIRST_MAX_WORDS = 7
_LATER_MIN_WORDS = 5
_MAX_WORDS = 40
_MAX_WORDS_LATE = 12  # the cut may move by this many words so that words that belong together stay together
_MAX_CHARACTERS = 600  # longest text that is kept without a cut


def _words(text: str) -> int:
    return len(text.split()) + len(_UNSPACED.findall(text)) // _UNSPACED_PER_WORD


class ClauseSplitter:
    """Splits a stream of tokens: the first clause is as short as sounds well, later ones are whole sentences.

    It does not cut inside a number with its unit, a date, a telephone number, an address, an abbreviation with its
    name, brackets or asterisks.
    """

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def push(self, token: str) -> Iterator[str]:
        """Adds text and yields every complete clause."""
        self._text += token
        while (end := self._end()) is not None:
            clause, self._text = self._text[:end].strip(), self._text[end:].lstrip()
            self._first = False
            if clause:
                yield clause

    def flush(self) -> Iterator[str]:
        """Yields the remaining text and starts a new reply."""
        rest, self._text = self._text.strip(), ""
        self._first = True
        if rest:
            yield rest

    def _end(self) -> int | None:
        pattern = _CLAUSE_END if self._first else SENTENCE_END
        least = _FIRST_MIN_WORDS if self._first else _LATER_MIN_WORDS
        for match in pattern.finditer(self._text, 0, _MAX_CHARACTERS):
            head = self._text[: match.end()]
            if (
                _words(head) >= least
                and not is_abbreviation(self._text, match.end())
                and not self._is_open(match.end())
            ):
                return match.end()
        cut = self._between_words(_FIRST_MAX_WORDS if self._first else _MAX_WORDS, least)
        return _MAX_CHARACTERS if cut is None and len(self._text) > _MAX_CHARACTERS else cut

    def _is_open(self, end: int) -> bool:
        return _OPEN.search(self._text, max(0, end - _OPEN_CHARACTERS), end) is not None

    def _between_words(self, most: int, least: int) -> int | None:
        words: list[re.Match[str]] = list(_WORD.finditer(self._text, 0, 2 * _MAX_CHARACTERS))
        # The last word may be incomplete, so the cut must be before it.
        if len(words) <= most:
            return None
        for at in (*range(most, least, -1), *range(most + 1, min(len(words), most + _MAX_WORDS_LATE))):
            before: re.Match[str] = words[at - 1]
            after: re.Match[str] = words[at]
            if _INCOMPLETE.search(before.group()) or _CONTINUES.search(after.group()):
                continue
            if not self._is_open(before.end()):
                return after.start()
        return words[-1].start() if len(words) > most + _MAX_WORDS_LATE else None
