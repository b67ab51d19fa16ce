"""RFC 9110, section 12.5.1: which of two types a client would rather have."""

import pytest

from services.gateway.accept import prefers


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,*/*", False),
        ("text/html, application/xhtml+xml, */*;q=0.8", False),
        ("application/json", False),
        ("text/csv", True),
        ("TEXT/CSV; Q=0.5", True),
        ("text/csv; header=present", True),
        ("text/*", True),
        ("text/csv, */*;q=0.1", True),
        ("text/csv, */*", True),
        ("*/*, text/csv", True),
        ("text/csv, application/json", True),
        ("application/json, text/csv", False),
        ("text/csv;q=0, application/json", False),
        ("text/csv;q=0", False),
        ("text/csv;q=0.000, */*;q=0", False),
        ("application/json;q=0.1, text/csv", True),
        ("application/json, text/csv;q=0.9", False),
        ("text/csv;q=0.5, */*", False),
        ("text/csv;q=2, application/json;q=0.1", False),
        (",;q=1, ;", False),
    ],
)
def test_which_type_is_preferred(accept: str, is_csv: bool) -> None:
    assert prefers(accept, "text/csv", "application/json") is is_csv
