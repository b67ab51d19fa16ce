"""Reads plain text and CSV."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator

from services.characters.knowledge.ingestion.blocks import blocks
from services.characters.knowledge.ingestion.readers.layout import MAX_COLUMNS, Layout
from services.characters.knowledge.ingestion.readers.reading import Collected, Limits, Unreadable

_SEPARATORS = ",;\t|"
_SAMPLE_ROWS = 50
_MAX_CELL_CHARACTERS = 1_000_000
_NAMED = "sep="


def read_text(text: str, collected: Collected, limits: Limits) -> None:
    """Adds the blocks of a plain text."""
    if len(text) > limits.max_characters:
        raise limits.too_many_characters()
    collected.add(*blocks(text))


def read_rows(text: str, collected: Collected, limits: Limits) -> None:
    """Adds the rows of a CSV as one table."""
    if len(text) > limits.max_characters:
        raise limits.too_many_characters()
    separator = ""
    first, _, rest = text.partition("\n")
    if first.lower().startswith(_NAMED) and len(first.strip()) == len(_NAMED) + 1:
        separator, text = first.strip()[-1], rest
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
    try:
        rows = list(_reader(text, separator or _separator(text)))
    except csv.Error:
        raise Unreadable("A cell of the table has more text than a cell can have; check its quotation marks.") from None
    if any(len(row) > MAX_COLUMNS for row in rows):
        raise Unreadable(f"The table has more than {MAX_COLUMNS} columns; upload it in parts.")
    Layout(collected).table(rows)


def _separator(text: str) -> str:
    """The separator that gives the most rows the same number of cells, more than one."""
    best, best_score = _SEPARATORS[0], 0.0
    for separator in _SEPARATORS:
        try:
            widths = [len(row) for row in itertools.islice(_reader(text, separator), _SAMPLE_ROWS) if row]
        except csv.Error:
            continue
        (width, rows), *_ = Counter(widths).most_common(1) or [(1, 0)]
        score = rows / max(1, len(widths)) + min(width, 20) / 1_000
        if width > 1 and score > best_score:
            best, best_score = separator, score
    return best


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)
