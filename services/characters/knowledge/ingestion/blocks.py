"""Blocks of a document: headings, tables, list items, code, paragraphs. Splits plain text into them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_RULE = re.compile(r"\s*\|?\s*:?-{3,}")
_FENCE = re.compile(r"\s*(```|~~~)")
_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\([^)\n]{0,100000}\)")
_TRAILING_MARKS = re.compile(r"\s+#+\s*$")
# Characters of a line. A longer one is cut, which limits the work of the steps after this one.
_LINE_MAX = 4_000


# A line of a cell that ends in one of these needs no semicolon.
_ENDS = ".,:;!?。、！？-"


class Kind(Enum):
    """The kind of a block."""

    HEADING = "heading"
    TABLE = "table"
    ITEM = "item"
    CODE = "code"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Block:
    """lines: of the text, without the marks of a heading. level: of a heading, 1 to 6; else 0."""

    kind: Kind
    lines: tuple[str, ...]
    level: int = 0


def table(rows: Sequence[Sequence[str]], *, has_head: bool = True) -> Block:
    """A table: a line for each row. has_head: whether the first row names the columns.

    A line break in a cell becomes a semicolon.
    """
    columns = max((len(row) for row in rows), default=0)
    lines = [f"| {' | '.join(_cell(cell) for cell in [*row, *[''] * (columns - len(row))])} |" for row in rows]
    if has_head and len(lines) > 1:
        lines.insert(1, f"| {' | '.join(['---'] * columns)} |")
    return Block(Kind.TABLE, tuple(lines))


def _cell(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    joined = ""
    for line in filter(None, lines):
        joined += ("" if not joined else " " if joined[-1] in _ENDS else "; ") + line
    return joined.replace("|", "\\|")


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a plain text in order, by the marks that people write in plain text, which are Markdown's.

    Of a picture only its alternative text is kept.
    """
    kind, lines, fence = Kind.PARAGRAPH, list[str](), ""

    def flush() -> Iterator[Block]:
        nonlocal lines
        if any(line.strip() for line in lines):
            yield Block(kind, tuple(lines))
        lines = []

    for line in _lines(text):
        if fence:
            lines.append(line)
            if line.strip().startswith(fence):
                fence = ""
                yield from flush()
                kind = Kind.PARAGRAPH
            continue
        if opened := _FENCE.match(line):
            yield from flush()
            kind, fence = Kind.CODE, opened[1]
            lines.append(line)
        elif heading := _HEADING.fullmatch(line):
            yield from flush()
            kind = Kind.PARAGRAPH
            yield Block(Kind.HEADING, (_TRAILING_MARKS.sub("", heading[2]),), len(heading[1]))
        elif not line.strip():
            yield from flush()
            kind = Kind.PARAGRAPH
        else:
            found = _kind(line, kind if lines else Kind.PARAGRAPH)
            if found is not kind or (found is Kind.ITEM and _ITEM.match(line)):
                yield from flush()
            kind = found
            lines.append(line)
    yield from flush()


def table_head(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of a table that name its columns."""
    return lines[:2] if len(lines) > 1 and _RULE.match(lines[1]) else ()


def _kind(line: str, before: Kind) -> Kind:
    if line.lstrip().startswith("|"):
        return Kind.TABLE
    if _ITEM.match(line):
        return Kind.ITEM
    # A line without a mark continues the item or paragraph above it.
    return Kind.ITEM if before is Kind.ITEM else Kind.PARAGRAPH


def _lines(text: str) -> Iterator[str]:
    for line in _IMAGE.sub(r"\1", text).splitlines():
        rest = line.rstrip()
        while len(rest) > _LINE_MAX:
            at = rest.rfind(" ", 1, _LINE_MAX)
            at = _LINE_MAX if at < 0 else at
            yield rest[:at]
            rest = rest[at:].lstrip()
        yield rest
