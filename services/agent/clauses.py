"""Where a reply may be cut so that speaking starts before its first sentence is whole."""

import re
from collections.abc import Iterator

# A clause ends at punctuation that a blank follows: "9:30" and "3.5" stay whole.
_CLAUSE_END = re.compile(r"[,;:.!?…—–](?=[\"'”’)\]]*\s)")
_SENTENCE_END = re.compile(r"[.!?…](?=[\"'”’)\]]*\s)")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|a\.m|p\.m|No)\.$", re.IGNORECASE)
_FIRST_MIN_WORDS = 2
# Without punctuation the first clause leaves at this many words, so that a long sentence does not hold up the voice.
_FIRST_MAX_WORDS = 7
_LATER_MIN_WORDS = 5
_MAX_WORDS = 40


class ClauseSplitter:
    """Cuts a stream of tokens into clauses: the first as short as sounds well, later ones at sentences."""

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def push(self, token: str) -> Iterator[str]:
        """Takes more text and yields every clause that is whole."""
        self._text += token
        while (end := self._end()) is not None:
            clause, self._text = self._text[:end].strip(), self._text[end:].lstrip()
            self._first = False
            if clause:
                yield clause

    def flush(self) -> Iterator[str]:
        """Yields what is left."""
        rest, self._text = self._text.strip(), ""
        self._first = True
        if rest:
            yield rest

    def _end(self) -> int | None:
        pattern = _CLAUSE_END if self._first else _SENTENCE_END
        least = _FIRST_MIN_WORDS if self._first else _LATER_MIN_WORDS
        for match in pattern.finditer(self._text):
            head = self._text[: match.end()]
            if len(head.split()) >= least and not _ABBREVIATION.search(head):
                return match.end()
        words = [word.start() for word in re.finditer(r"\S+", self._text)]
        most = _FIRST_MAX_WORDS if self._first else _MAX_WORDS
        # The last word may still grow, so the cut comes before it.
        return words[most] if len(words) > most else None
