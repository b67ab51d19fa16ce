"""Every section of the HTTP contract that is built is named by a test, by the contract's own numbers and headings."""

import pytest

from tests import contract
from tests.contract import HEADINGS, NOT_BUILT, NOTHING_TO_HOLD, PARTLY_BUILT, SECTIONS, index, named

HELD = [section for section in SECTIONS if section not in NOT_BUILT and section not in NOTHING_TO_HOLD]


@pytest.mark.parametrize("section", HELD)
def test_a_test_names_each_section_that_is_built(section: str) -> None:
    assert index()[section], (
        f"no test says in its docstring that it holds section {section} ({HEADINGS[section]}); "
        f'begin the docstring of the one that does with "Contract {section}: "'
    )


@pytest.mark.parametrize("section", [*NOT_BUILT, *NOTHING_TO_HOLD])
def test_no_test_names_a_section_that_is_not_built(section: str) -> None:
    assert section in SECTIONS
    assert index()[section] == [], f"{section} is held by a test: take it out of the table in tests/contract.py"


def test_what_is_partly_built_is_among_what_is_built() -> None:
    assert set(PARTLY_BUILT) <= set(HELD)


def test_no_test_names_a_section_that_does_not_exist() -> None:
    assert contract.unknown() == {}


def test_the_headings_are_those_of_the_contract() -> None:
    if contract.CONTRACT_FILE.exists():
        assert contract.read_headings(contract.CONTRACT_FILE.read_text()) == HEADINGS
    else:
        # The contract comes with a checkout of the developers; whoever has none checks the list against itself below.
        print(f"{contract.CONTRACT_FILE} is not there: the committed headings were not compared with the contract")


def test_the_headings_are_numbered_without_a_gap() -> None:
    chapters = [number for number in HEADINGS if "." not in number]
    assert chapters == [str(number) for number in range(15)]
    expected: list[str] = []
    for chapter in chapters:
        sections = [number for number in HEADINGS if number.startswith(f"{chapter}.")]
        assert sections == [f"{chapter}.{number}" for number in range(1, len(sections) + 1)]
        expected += [chapter, *sections]
    assert list(HEADINGS) == expected
    assert all(heading == heading.strip() != "" for heading in HEADINGS.values())


def test_headings_are_read_from_the_contract() -> None:
    text = "# Contract\n\n## 1 Calls\n\n1.2 Not one\n\n### 1.1 Ends (own)\n#### 1.1 Deeper\n"
    assert contract.read_headings(text) == {"1": "Calls", "1.1": "Ends (own)"}


@pytest.mark.parametrize(
    ("docstring", "sections"),
    [
        ("Contract 14.2: accounts.", {"14.2"}),
        ("Contract 5.1 to 5.3, 14.6 and 14.12: forms.", {"5.1", "5.2", "5.3", "14.6", "14.12"}),
        ("Contract 14.12 (session object), 9 and 10: calls.", {"14.12", "9", "10"}),
        ("Documents are read. Contract 12.1, 14.8.", {"12.1", "14.8"}),
        ("Contract 1.2 and\n14.2.", {"1.2", "14.2"}),
        ("Contract 2: characters.", {"2.1", "2.2", "2.3"}),
        ("Contract 14.99 and 15: there are none.", {"14.99", "15"}),
        ("Contract 2.2 to 2.9: some of them are none.", {f"2.{number}" for number in range(2, 10)}),
        ("The contract has 14 sections.", set()),
    ],
)
def test_sections_are_read_from_docstrings(docstring: str, sections: set[str]) -> None:
    assert named(docstring) == sections
