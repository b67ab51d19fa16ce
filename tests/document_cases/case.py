"""What a case of a document is, and how its text is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class Case:
    """A document and what its passages must have.

    has: each of these. lacks: none of these. order: these, one after the other. notes: words of the notes on the
    document. refused: words of the sentence with which it fails. may_be_refused: failing with any sentence is right,
    too.
    """

    why: str
    name: str
    content: bytes
    has: Sequence[str] = ()
    lacks: Sequence[str] = ()
    order: Sequence[str] = ()
    notes: Sequence[str] = ()
    refused: str = ""
    may_be_refused: bool = False
    language: str = "en"

    @property
    def file_type(self) -> str:
        """The ending of the name."""
        return self.name.rpartition(".")[2]

    def faults(self, text: str) -> list[str]:
        """What is wrong with the text of the passages."""
        wrong = [f"lacks {words!r}" for words in self.has if words not in text]
        wrong += [f"has {words!r}" for words in self.lacks if words in text]
        at = 0
        for words in self.order:
            found = text.find(words, at)
            if found < 0:
                wrong.append(f"{words!r} is missing or out of order")
                break
            at = found + len(words)
        return wrong


def stored(name: str) -> bytes:
    """A file that is kept beside the cases."""
    return (_FILES / name).read_bytes()
