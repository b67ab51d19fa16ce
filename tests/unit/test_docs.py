"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest

from deploy.local import reference
from deploy.local.environment import SERVICES, variables_of
from deploy.local.settings import LocalSettings
from services.gateway.openapi.document import document
from services.gateway.openapi.markdown import markdown
from services.kit.catalogue_file import read

ROOT = Path(__file__).parents[2]
HTTP_REFERENCE = ROOT / "docs" / "http-reference.md"
SPEECH = ROOT / "docs" / "speech.md"
FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_tables_of_settings_are_those_of_now() -> None:
    document = reference.DOCUMENT.read_text()
    assert document == reference.written(document), "run `make docs`"


def test_every_setting_says_what_it_is() -> None:
    for table in (reference.table(), reference.wired_table()):
        rows = table.splitlines()[2:]
        assert rows
        assert [row for row in rows if "|  |" in row] == []


def test_every_setting_of_a_service_stands_in_a_table() -> None:
    told = set(re.findall(r"^\| `(CALLBOX_\w+)`", reference.DOCUMENT.read_text(), re.MULTILINE))
    assert told == LocalSettings.variables().union(*map(variables_of, SERVICES))


def test_the_http_reference_is_the_one_of_now() -> None:
    assert HTTP_REFERENCE.read_text() == markdown(document()), "run `make docs`"


def test_files_that_the_documents_show_are_those_of_now() -> None:
    shown = [found for document in (ROOT / "docs").glob("*.md") for found in FILE.findall(document.read_text())]
    assert shown
    for path, text in shown:
        assert (ROOT / path).read_text() == text, f"docs show another {path} than there is"


CATALOGUES = re.findall(r"^```toml[^\n]*\n((?:(?!```|\[tts\]).*\n)+)```$", SPEECH.read_text(), re.MULTILINE)


@pytest.mark.parametrize("block", CATALOGUES)
def test_what_the_documents_add_to_the_catalogue_is_taken(block: str, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(f"{(ROOT / 'deploy' / 'catalogue.toml').read_text()}\n{block}")
    assert read(path, with_samples=False)
