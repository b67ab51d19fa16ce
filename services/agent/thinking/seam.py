"""Joins an answer that broke off to its continuation by another model."""

import re

# As much of the first part is compared with the beginning of the second.
_MAX_COMPARED_CHARACTERS = 2_000
_WORD_START = re.compile(r"(?<![^\s。！？，、])[^\s。！？，、]")
# Chinese, Japanese and Thai have no blank between words.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


class Seam:
    """Leaves out what the continuation repeats: models often begin a sentence, or the whole answer, once more.

    told: the first part.
    """

    def __init__(self, told: str) -> None:
        self._told = told[-_MAX_COMPARED_CHARACTERS:]
        end = self._told.rstrip()
        # What may be repeated: the first part from any of its words on. The longest comes first.
        self._ends = [end[word.start() :] for word in _WORD_START.finditer(end)]
        self._held = ""
        self.closed = False

    def push(self, text: str) -> str:
        """Adds a piece of the continuation. Returns what is new of it."""
        if self.closed:
            return text
        self._held += text
        start = self._held.lstrip()
        if any(len(start) <= len(end) and end.startswith(start) for end in self._ends):
            return ""
        return self._close(start)

    def finish(self) -> str:
        """Returns the rest when the continuation has ended."""
        start = self._held.lstrip()
        if self.closed or any(end.startswith(start) for end in self._ends):
            return ""
        return self._close(start)

    def _close(self, start: str) -> str:
        self.closed = True
        repeated = next((end for end in self._ends if _begins_with(start, end)), "")
        # A blank before the first word may be missing, since chat templates strip it.
        new = start.removeprefix(repeated)
        if self._told[-1:].isspace():
            return new.lstrip()
        needs_blank = not new[:1].isspace() and new[:1].isalnum() and self._told[-1:] and not repeated
        return f" {new}" if needs_blank and not _UNSPACED.match(new) else new


def _begins_with(text: str, end: str) -> bool:
    """Whether a text begins with another one, and not in mid-word."""
    before, after = end[-1:], text[len(end) :][:1]
    return text.startswith(end) and not (before.isalnum() and after.isalnum() and not _UNSPACED.match(after))
