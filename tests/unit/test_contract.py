"""Every section of the HTTP contract is held by a test that names it."""

import pytest

from services.gateway.openapi.document import document
from tests.contract import SECTIONS, index, named

INDEX = index()
PATHS = set(document()["paths"])
# Sections that speak of a part → the path that is served when the part is there.
DUE = {
    "4": "/api/agents/{slug}/appearance/",
    "5": "/api/agents/{slug}/form-responses/",
    "7": "/api/agents/{slug}/form-responses/",
    "8": "/api/agents/{slug}/appearance/",
    "12.1": "/api/knowledge-base/{slug}/documents/",
    "14.6": "/api/agents/{slug}/form-responses/",
    "14.9": "/api/webhooks/",
    "14.11": "/api/webhooks/",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_test_names_the_section(section: str) -> None:
    path = DUE.get(section) or DUE.get(section.partition(".")[0])
    if path is None or path in PATHS:
        assert INDEX[section], (
            f"no test says in its docstring that it holds section {section} ({SECTIONS[section]}); "
            f'begin the docstring of the one that does with "Contract {section}: "'
        )


@pytest.mark.parametrize(
    ("docstring", "sections"),
    [
        ("Contract 14.2: accounts.", {"14.2"}),
        ("Contract 5.1 to 5.3, 14.6 and 14.12: forms.", {"5.1", "5.2", "5.3", "14.6", "14.12"}),
        ("Contract 14.12 (session object), 9 and 10: calls.", {"14.12", "9", "10"}),
        ("Documents are read. Contract 12.1, 14.8.", {"12.1", "14.8"}),
        ("Contract 1.2 and\n14.2.", {"1.2", "14.2"}),
        ("The contract has 14 sections.", set()),
    ],
)
def test_sections_are_read_from_docstrings(docstring: str, sections: set[str]) -> None:
    assert named(docstring) == sections
