"""What a reader returns: pages of blocks, and notes on what it left out on purpose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.characters.knowledge.ingestion.blocks import Block

# Numbers of pages, slides or rows that a note names one by one.
_NAMED = 20


class Unreadable(Exception):
    """A document that cannot be read; the message says why, as one sentence for its owner."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one document. characters: of text."""

    max_pages: int
    max_characters: int

    def too_many_pages(self) -> Unreadable:
        """The refusal of a document with more pages."""
        return Unreadable(f"The document has more than {self.max_pages:,} pages; upload it in parts.")

    def too_many_characters(self) -> Unreadable:
        """The refusal of a document with more text."""
        return Unreadable(f"The document has more than {self.max_characters:,} characters of text; upload it in parts.")


@dataclass(frozen=True, slots=True)
class Page:
    """number: of a PDF's page, from 1; 0 for what has no pages."""

    number: int
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that was read. notes: a sentence for each kind of text that was left out on purpose."""

    pages: Sequence[Page]
    notes: Sequence[str] = field(default_factory=tuple)


class Collected:
    """Blocks of a document, as a reader finds them. Refuses more text than a document may have."""

    def __init__(self, limits: Limits) -> None:
        self.blocks: list[Block] = []
        self.limits = limits
        self._characters = 0

    def add(self, *blocks: Block) -> None:
        """Adds blocks.

        Raises: Unreadable.
        """
        self.count(sum(len(line) for block in blocks for line in block.lines))
        self.blocks += blocks

    def count(self, characters: int) -> None:
        """Counts text that is kept elsewhere.

        Raises: Unreadable.
        """
        self._characters += characters
        if self._characters > self.limits.max_characters:
            raise self.limits.too_many_characters()


def damaged(file_type: str) -> Unreadable:
    """The refusal of a file that is not what its name says, or is broken."""
    return Unreadable(f"The file cannot be read as {file_type}: it is damaged, or its name has the wrong ending.")


def too_deep() -> Unreadable:
    """The refusal of a document whose parts lie too deep in each other."""
    return Unreadable("Tables or lists of the document are nested too deeply to be read; simplify it.")


def numbers(found: Iterable[int]) -> str:
    """Numbers as a sentence names them: `2, 4 and 5`."""
    known = list(found)
    if len(known) == 1:
        return str(known[0])
    if len(known) > _NAMED:
        return f"{', '.join(map(str, known[:_NAMED]))} and {len(known) - _NAMED} more"
    return f"{', '.join(map(str, known[:-1]))} and {known[-1]}"
