"""What the documents say is what the code does."""

from pathlib import Path

from deploy.local import reference
from services.gateway.document import document
from services.gateway.manual import manual

HTTP_REFERENCE = Path(__file__).parents[2] / "docs" / "http-reference.md"


def test_the_table_of_settings_is_the_one_of_now() -> None:
    document = reference.DOCUMENT.read_text()
    assert document == reference.written(document), "run `make docs`"


def test_every_setting_says_what_it_is() -> None:
    rows = reference.table().splitlines()[2:]
    assert rows
    assert [row for row in rows if "|  |" in row] == []


def test_the_http_reference_is_the_one_of_now() -> None:
    assert HTTP_REFERENCE.read_text() == manual(document()), "run `make docs`"
