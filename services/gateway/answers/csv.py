"""CSV as spreadsheets open it without being made to calculate (RFC 4180, UTF-8)."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

# What begins a formula, or is passed over before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def line(cells: Iterable[Any]) -> str:
    """One line with its end. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def headings(own: Sequence[str], names: Sequence[str]) -> list[str]:
    """Headings of the columns: our own, then the names of fields, which get `values.` where they are called as ours."""
    return [*own, *(f"values.{name}" if name in own else name for name in names)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return str(value)
