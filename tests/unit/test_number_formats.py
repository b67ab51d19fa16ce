"""Numbers and dates of a sheet show as in an Office program."""

import pytest

from services.characters.knowledge.ingestion.readers.office.number_format import shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.15, "0%", "15%"),
        (0.125, "0.0%", "12.5%"),
        (1234.5, '#,##0.00 "EUR"', "1,234.50 EUR"),
        (1234, "00000", "01234"),
        (12.5, "[$€-407] #,##0.00", "€ 12.50"),
        (-12.5, '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', "-12.50 €"),
        (0, '"Yes";;"No"', "No"),
        (5, ";;;", ""),
        (5, "[Red](#,##0)", "(5)"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (1234567, "#,##0,", "1,235"),
        (2500, '[>=1000]#,##0,"k";0', "3k"),
        (999, '[>=1000]#,##0,"k";0', "999"),
        (2.5, "# ?/?", "2 1/2"),
        (0.25, "# ??/100", "25/100"),
        (12345, "0.00E+00", "1.23E+04"),
        (123456, "000-000", "123-456"),
        (30123, "+49 (0) 000000", "+49 (0) 030123"),
        (7, "\\#0", "#7"),
        (0.1 + 0.2, "General", "0.3"),
        (12345678901234, "General", "12345678901234"),
        (-0.001, "0.00", "-0.00"),
        (2.675, "0.00", "2.68"),
        (46082, "yyyy-mm-dd", "2026-03-01"),
        (46082, "d. mmm yyyy", "1. Mar 2026"),
        (46082, "[$-407]d. mmmm yyyy", "1. March 2026"),
        (46082.5, "m/d/yy h:mm", "3/1/26 12:00"),
        (0.375, "h:mm", "9:00"),
        (0.375, "h:mm AM/PM", "9:00 AM"),
        (0.7708333, "h:mm AM/PM", "6:30 PM"),
        (0.03125, "[hh]:mm:ss", "00:45:00"),
        (0.03125, "[mm]:ss", "45:00"),
        (1.25, "[h]:mm", "30:00"),
        (0.5001, "mm:ss.0", "00:08.6"),
        (46082, 'yyyy"年"m"月"d"日"', "2026年3月1日"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (1e300, "yyyy", "1e+300"),
        (1e300, "0.00", "1e+300"),
        (float("inf"), "0", "inf"),
        (1234567890123456789.0, "#,##0.00", "1,234,567,890,123,456,800.00"),
    ],
)
def test_a_number_shows_by_its_format(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_dates_of_a_workbook_that_counts_from_1904() -> None:
    assert shown(44620, "yyyy-mm-dd", from_1904=True) == "2026-03-01"


@pytest.mark.parametrize(
    "code", ["", "[", '"', "\\", "[h", "0.0.0.0", "/", "%%%", "E+", ";;;;;;", "?" * 600, "y" * 600]
)
def test_a_broken_format_is_no_fault(code: str) -> None:
    for value in (-1.5, 0.0, 46082.25):
        assert isinstance(shown(value, code), str)
