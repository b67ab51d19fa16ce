"""The cells of a sheet: where they are, which are merged, and which make a table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
# Cells that the text of merged ones is copied to.
MAX_COPIES = 50_000

Rows = dict[int, dict[int, str]]


@dataclass(slots=True)
class Sheet:
    """rows: texts of cells by row and column, from 1."""

    rows: Rows = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    hides: bool = False


def tables(rows: Rows) -> Iterator[list[dict[int, str]]]:
    """Rows without an empty one between them."""
    held: list[dict[int, str]] = []
    last = 0
    for number in sorted(rows):
        if held and number > last + 1:
            yield held
            held = []
        held.append(rows[number])
        last = number
    if held:
        yield held


def copy_merged(sheet: Sheet) -> None:
    """Copies the text of a merged cell to those that it covers, in rows that have text."""
    left = MAX_COPIES
    for reference in sheet.merged:
        ends = REFERENCE.findall(reference)
        if len(ends) != 2:
            continue
        (first, top), (last, bottom) = ((column_of(letters), int(row)) for letters, row in ends)
        text = sheet.rows.get(top, {}).get(first)
        if text is None or (bottom - top) * (last - first) > left:
            continue
        for row in range(top, bottom + 1):
            for at in range(first, last + 1):
                left -= 1
                if left < 0:
                    return
                if row in sheet.rows and at not in sheet.hidden_columns:
                    sheet.rows[row].setdefault(at, text)


def column_of(letters: str) -> int:
    """The number of a column, from 1, by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
