"""Rows of CSV (RFC 4180) whose cells a spreadsheet does not take for formulas."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from services.kit.forms.text import number_of, trimmed

# A formula begins with one of these; spreadsheets skip the white space before it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def row(cells: Iterable[Any]) -> str:
    """One row with its line end. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def column_names(own: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Our own columns, then one for each field. A field with the name of an own column becomes `values.<name>`."""
    return [*own, *(f"values.{name}" if name in own else name for name in fields)]


def _is_negative_number(text: str) -> bool:
    """Whether a text is a number such as `-5` and nothing else. Numbers with a plus are mostly those of telephones."""
    return text.startswith("-") and text == trimmed(text) and number_of(text) is not None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) and not _is_negative_number(value) else value
    return str(value)
