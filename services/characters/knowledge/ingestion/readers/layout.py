"""Puts paragraphs, items, code and tables of marked-up text together to blocks."""

import re
from collections.abc import Iterator, Sequence

from services.characters.knowledge.ingestion.blocks import Block, Kind, table
from services.characters.knowledge.ingestion.readers.letters import one_line
from services.characters.knowledge.ingestion.readers.reading import Collected

_INDENT = "  "
# Columns of a table. What lies farther right is left out of no table of ours and of few others.
MAX_COLUMNS = 200
_MAX_HEADING = 1_000
_GAPS = re.compile(r"[^\S\n]+")
_AROUND_BREAKS = re.compile(r" ?\n ?")


class Layout:
    """Takes text and marks in the order of a document. Text is collected until a mark ends the paragraph."""

    def __init__(self, collected: Collected) -> None:
        self._out = collected
        self._text: list[str] = []
        self._markers: list[str] = []

    def write(self, text: str) -> None:
        """Adds text to the paragraph. A line feed in it is a line break."""
        self._text.append(text)

    def begin_item(self, level: int, marker: str) -> None:
        """Begins an item of a list. level: from 0. marker: `-`, or its number as it shows."""
        self.end_paragraph()
        del self._markers[level:]
        self._markers += [""] * (level - len(self._markers))
        self._markers.append(f"{marker} ")

    def end_items(self, level: int) -> None:
        """Ends the items of this and deeper levels."""
        self.end_paragraph()
        del self._markers[level:]

    def end_paragraph(self) -> None:
        """Ends the paragraph, if there is one."""
        if not self._text:
            return
        text = plain_lines("".join(self._text))
        self._text = []
        if text:
            self._add(Kind.PARAGRAPH, text.split("\n"))

    def heading(self, level: int, text: str) -> None:
        """Adds a heading. level: 1 to 6."""
        self.end_paragraph()
        title = one_line(text)
        if len(title) > _MAX_HEADING:
            self._add(Kind.PARAGRAPH, [title])
        elif title:
            self._out.add(Block(Kind.HEADING, (title,), max(1, min(level, 6))))

    def code(self, text: str) -> None:
        """Adds text whose blanks and line breaks are kept."""
        self.end_paragraph()
        lines = [line.rstrip() for line in text.strip("\n").split("\n")]
        if any(lines):
            self._add(Kind.CODE, lines)

    def table(self, rows: Sequence[Sequence[str]], *, has_head: bool = True) -> None:
        """Adds a table. Rows and columns without text are left out."""
        self.end_paragraph()
        filled = [row for row in rows if any(cell.strip() for cell in row)]
        used = [at for at in range(_width(filled)) if any(at < len(row) and row[at].strip() for row in filled)]
        kept = [[row[at] if at < len(row) else "" for at in used] for row in filled]
        if kept:
            self._out.add(table(kept, has_head=has_head and filled[0] is rows[0]))

    def _add(self, kind: Kind, lines: Sequence[str]) -> None:
        if self._markers and kind is Kind.PARAGRAPH:
            kind = Kind.ITEM
        self._out.add(Block(kind, tuple(self._indented(lines)) if self._markers else tuple(lines)))

    def _indented(self, lines: Sequence[str]) -> Iterator[str]:
        """Lines of an item: the first behind the item's marker, once."""
        outer = _INDENT * (len(self._markers) - 1)
        marker, self._markers[-1] = self._markers[-1], ""
        for line in lines:
            yield outer + (marker or _INDENT) + line
            marker = ""


def plain_lines(text: str) -> str:
    """A text with single blanks. Its line breaks stay, empty lines go."""
    lines = _AROUND_BREAKS.sub("\n", _GAPS.sub(" ", text)).strip().split("\n")
    return "\n".join(line for line in lines if line)


def _width(rows: Sequence[Sequence[str]]) -> int:
    return min(max((len(row) for row in rows), default=0), MAX_COLUMNS)
