"""Ends an answer after so many sentences."""

from services.kit.reading.sentences import sentences

# Without one of these no sentence ends. Most pieces of an answer have none, and need no look at the text before them.
_ENDS = frozenset(".!?…。！？।\n")


class SentenceLimit:
    """Lets so many sentences of one answer through. most: 0 for no limit.

    reached: whether one more has begun. A tool call often follows the last sentence, so its end is not enough.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._limited = most > 0
        self._sentence = ""
        self._may_end = False
        self.reached = False

    def push(self, text: str) -> str:
        """Adds a piece of the answer. Returns the part of it that is within the limit."""
        if not self._limited:
            return text
        before = len(self._sentence)
        self._sentence += text
        self._may_end = self._may_end or not _ENDS.isdisjoint(text)
        end = 0
        while not self.reached:
            if not self._may_end or not (length := self._first_length(end)):
                self._sentence = self._sentence[end:]
                return text
            end += length
            self._left -= 1
            self.reached = self._left == 0
            self._may_end = not _ENDS.isdisjoint(self._sentence[end:])
        return text[: max(0, end - before)]

    def _first_length(self, start: int) -> int:
        """Length of the sentence that begins there; 0 as long as no other one has begun after it."""
        rest = self._sentence[start:]
        length = len(next(sentences(rest), ""))
        return length if any(character.isalnum() for character in rest[length:]) else 0
