"""Tables of a page: tables of data as rows, tables that only lay out a page as its text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from services.characters.knowledge.ingestion.readers.layout import MAX_COLUMNS

_MAX_ROWS_DOWN = 1_000
_LAYOUT_TAGS = "table, h1, h2, h3, h4, h5, h6"


@dataclass(frozen=True, slots=True)
class Rows:
    """has_head: whether the first row names the columns."""

    cells: list[list[str]]
    has_head: bool


class TableReader:
    """Reads tables. text_of: the text of a cell."""

    def __init__(self, text_of: Callable[[LexborNode, int], str], max_depth: int) -> None:
        self._text_of = text_of
        self._max_depth = max_depth

    def rows(self, table: LexborNode, depth: int, left_out: Callable[[LexborNode], bool]) -> Rows | None:
        """The rows of a table; None for one that lays out a page: with tables or headings in its cells, or one cell."""
        if any(node.mem_id != table.mem_id for node in table.css(_LAYOUT_TAGS)):
            return None
        found: list[list[str]] = []
        # Column → text and rows that a cell of an earlier row still covers.
        below: dict[int, tuple[str, int]] = {}
        names_rows = False
        for number, row in enumerate(_rows(table)):
            if left_out(row):
                continue
            cells: list[str] = []
            tags = [cell.tag for cell in _cells(row)]
            if number == 0:
                names_rows = tags[:1] == ["th"] and "td" in tags
            for cell in _cells(row):
                if left_out(cell):
                    continue
                _fill(cells, below)
                text = self._text_of(cell, depth + 1)
                wide, high = _span(cell, "colspan", MAX_COLUMNS), _span(cell, "rowspan", _MAX_ROWS_DOWN)
                for _ in range(min(wide, MAX_COLUMNS - len(cells))):
                    if high > 1:
                        below[len(cells)] = (text, high - 1)
                    cells.append(text)
            _fill(cells, below)
            found.append(cells)
        return None if sum(map(len, found)) < 2 else Rows(found, not names_rows)

    def cells(self, table: LexborNode) -> Iterator[LexborNode]:
        """The cells of a table one after the other."""
        for row in _rows(table):
            yield from _cells(row)


def _fill(cells: list[str], below: dict[int, tuple[str, int]]) -> None:
    """Adds the texts of cells above that reach down into this row."""
    while (covered := below.pop(len(cells), None)) is not None:
        text, rows = covered
        if rows > 1:
            below[len(cells)] = (text, rows - 1)
        cells.append(text)


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    for part in _elements(table):
        if part.tag == "tr":
            yield part
        elif part.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in _elements(part) if row.tag == "tr")


def _cells(row: LexborNode) -> Iterator[LexborNode]:
    return (cell for cell in _elements(row) if cell.tag in ("td", "th"))


def _elements(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _span(cell: LexborNode, name: str, most: int) -> int:
    text = cell.attributes.get(name) or ""
    return min(max(1, int(text)), most) if text.isascii() and text.isdigit() and len(text) < 9 else 1
