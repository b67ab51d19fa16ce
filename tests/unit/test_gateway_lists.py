"""Contract 14.6: the headers of paged lists; own: CSV that no spreadsheet calculates with."""

import pytest

from services.gateway.answers import csv_rows
from services.gateway.paging import PageRequest, link_header


@pytest.mark.parametrize(
    ("page", "total", "found"),
    [
        (1, 0, {"first": 1, "last": 1}),
        (1, 10, {"first": 1, "last": 1}),
        (1, 11, {"first": 1, "next": 2, "last": 2}),
        (2, 25, {"first": 1, "prev": 1, "next": 3, "last": 3}),
        (3, 25, {"first": 1, "prev": 2, "last": 3}),
        (99, 25, {"first": 1, "prev": 3, "last": 3}),
    ],
)
def test_links_to_the_pages_that_there_are(page: int, total: int, found: dict[str, int]) -> None:
    expected = ", ".join(f'</a/?form_id=x+y&page={n}&page_size=10>; rel="{rel}"' for rel, n in found.items())
    assert link_header("/a/", [("form_id", "x y")], PageRequest(page, 10), total) == expected


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, ""),
        (True, "true"),
        (-3, "-3"),
        (0.5, "0.5"),
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-1", "-1"),
        ("-1+1", "'-1+1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("a=b", "a=b"),
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        ("שלום 😀", "שלום 😀"),
    ],
)
def test_cells(cell: object, text: str) -> None:
    assert csv_rows.row(["x", cell]) == f"x,{text}\r\n"


def test_lines_in_cells_are_quoted() -> None:
    assert csv_rows.row(["\rx", "a\nb"]) == '"\'\rx","a\nb"\r\n'


def test_headings_never_stand_twice() -> None:
    assert csv_rows.column_names(("id", "form_id"), ["id", "name"]) == ["id", "form_id", "values.id", "name"]
