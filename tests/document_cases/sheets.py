"""Cases of XLSX."""

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Font

from tests.document_cases.case import Case, stored


def _book(fill: Callable[[Any, Any], None]) -> bytes:
    """A workbook that a function fills: it gets the workbook and its first sheet."""
    book = openpyxl.Workbook()
    fill(book, book.active)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _formatted(*cells: tuple[Any, str]) -> bytes:
    """A column of values, each with its number format."""

    def fill(_book: Any, sheet: Any) -> None:
        sheet.append(["Value"])
        for value, code in cells:
            sheet.append([value])
            sheet.cell(sheet.max_row, 1).number_format = code

    return _book(fill)


def _hidden(book: Any, sheet: Any) -> None:
    sheet.append(["Article", "Price", "Cost"])
    sheet.append(["Lamp", 19, 7])
    sheet.append(["Discontinued", 11, 5])
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[3].hidden = True
    margin = book.create_sheet("Margin")
    margin.append(["our secret margin"])
    margin.sheet_state = "hidden"


def _merged(_book: Any, sheet: Any) -> None:
    sheet.append(["Summer", "", "Winter", ""])
    sheet.append(["low", "high", "low", "high"])
    sheet.append([10, 20, 30, 40])
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("C1:D1")


def _two_tables(_book: Any, sheet: Any) -> None:
    for row in (["Prices of 2026"], [], ["Item", "Euro"], ["Kettle", 39], [], ["Town", "Days"], ["Graz", 2]):
        sheet.append(row)


def _sheets(book: Any, sheet: Any) -> None:
    sheet.title = "Opening hours"
    sheet.append(["Mon", "nine to five"])
    other = book.create_sheet("Parking")
    other.append(["Level", "Places"])
    other.append(["2", "40"])
    other["A2"].comment = Comment("Ask the porter for the key.", "x")


def _odd(_book: Any, sheet: Any) -> None:
    sheet.append(["Text", "Sign"])
    sheet.append(["two\nlines | and a bar", True])
    sheet.append(["00501", None])
    sheet["A2"].font = Font(bold=True)


def _uncomputed(_book: Any, sheet: Any) -> None:
    sheet.append(["Sum", "Item"])
    sheet.append(["=1+2", "Lamp"])


CASES = [
    Case(
        "cells read as they show: 15%, currency, leading zeros, dates without 00:00:00",
        "number-formats.xlsx",
        stored("number-formats.xlsx"),
        has=["15%", "1,234.50 EUR", "01234", "2026-03-01"],
        lacks=["2026-03-01 00:00:00"],
    ),
    Case(
        "a time of day and a duration have no date",
        "times-and-durations.xlsx",
        stored("times-and-durations.xlsx"),
        lacks=["1899", "1900"],
        has=["| Mon | 9:00:00 | 17:30:00 |", "| Lunch break | 45:00 |", "30:00"],
    ),
    Case(
        "dates and times as they show",
        "dates.xlsx",
        _formatted(
            (date(2026, 3, 1), "d. mmmm yyyy"),
            (datetime.fromisoformat("2026-03-01T14:05"), "dd/mm/yyyy hh:mm"),
            (time(18, 30), "h:mm AM/PM"),
            (timedelta(hours=30, minutes=15), "[h]:mm"),
            (date(2026, 12, 24), "ddd d mmm"),
            (time(0, 4, 7), "mm:ss"),
            (date(2026, 3, 2), "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy"),
        ),
        has=["1. March 2026", "01/03/2026 14:05", "6:30 PM", "30:15", "Thu 24 Dec", "04:07", "Monday, March 02, 2026"],
        lacks=["00:00:00", "1900", "1899"],
    ),
    Case(
        "numbers as they show",
        "numbers.xlsx",
        _formatted(
            (0.125, "0.0%"),
            (12.5, "#,##0.00\\ [$€-407]"),
            (-7.25, '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-'),
            (-5, "#,##0;[Red](#,##0)"),
            (0.1 + 0.2, "General"),
            (2.5, "# ?/?"),
            (1234567, '#,##0.0,, "million"'),
            (4366012345, "0000-000-000"),
            (3.26, '0.0 "km"'),
            (12345, "0.00E+00"),
            (5, '"No."\\ 0'),
            (1234567890123, "General"),
        ),
        has=[
            "12.5%",
            "12.50 €",
            "-7.25 €",
            "(5)",
            "\n0.3\n",
            "2 1/2",
            "1.2 million",
            "4366-012-345",
            "3.3 km",
            "1.23E+04",
        ],
        order=["No. 5", "1234567890123"],
        lacks=["0.30000"],
    ),
    Case(
        "hidden sheets, rows and columns stay hidden, and a note says so",
        "hidden.xlsx",
        _book(_hidden),
        has=["| Lamp | 19 |"],
        lacks=["margin", "Discontinued", "Cost"],
        notes=["Margin", "ows"],
    ),
    Case(
        "a merged cell names each of its columns",
        "merged.xlsx",
        _book(_merged),
        has=["| Summer | Summer | Winter | Winter |"],
    ),
    Case(
        "two tables of a sheet are two tables, each with its names of columns",
        "two-tables.xlsx",
        _book(_two_tables),
        order=["Prices of 2026", "| Item | Euro |\n| --- | --- |", "| Kettle | 39 |", "| Town | Days |\n| --- | --- |"],
    ),
    Case(
        "names of sheets and comments of cells",
        "sheets.xlsx",
        _book(_sheets),
        order=["Opening hours", "nine to five", "Parking", "40", "Ask the porter for the key."],
    ),
    Case(
        "a line break or a bar in a cell does not break the table; true and false; text of digits",
        "odd-cells.xlsx",
        _book(_odd),
        has=["00501", "TRUE"],
        lacks=["twolines", "two\nlines"],
        order=["two", "lines", "and a bar"],
    ),
    Case(
        "a formula whose result was never computed is named in a note",
        "formula.xlsx",
        _book(_uncomputed),
        has=["Lamp"],
        lacks=["=1+2", "None"],
        notes=["Formulas"],
    ),
]
