"""Which tests hold which section of the HTTP contract: `python -m tests.contract` prints the index.

A test names what it holds in its docstring or its module's: "Contract 14.2: …", "Contract 5.1 to 5.3 and 14.12 (form
answers): …". `cases/contract_headings.txt` has the contract's headings, word for word. After a change of the contract:

    grep -E '^#{2,3} [0-9]' ../shared/contract.md | sed -E 's/^#+ //' > tests/cases/contract_headings.txt
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
HEADINGS_FILE = FOLDER / "cases" / "contract_headings.txt"
# The contract is kept beside the checkout, not in it.
CONTRACT_FILE = FOLDER.parents[1] / "shared" / "contract.md"
_NUMBER = r"\d+(?:\.\d+)?"
_NAMED = re.compile(rf"\bContract ({_NUMBER}(?:(?: ?\([^)]*\))?(?:,? and |, | to ){_NUMBER})*)")
_RANGE = re.compile(rf"({_NUMBER}) to ({_NUMBER})")
_HEADING = re.compile(rf"^#{{2,3}} ({_NUMBER}) (.+)$", re.MULTILINE)

_LATER_FORMS = "forms in a call come with the tools of the worker"
_LATER_WIDGET = "the widget has no visible part yet"
# Sections of which nothing is built → why. One that a test names is built, and has to leave this table.
NOT_BUILT = {
    "5.6": _LATER_FORMS,
    "6.4": _LATER_FORMS,
    "6.6": "handoff comes with the tools of the worker",
    "6.7": _LATER_FORMS,
    "11.1": _LATER_WIDGET,
    "11.2": _LATER_WIDGET,
    "11.3": _LATER_WIDGET,
    "11.4": _LATER_WIDGET,
    "12.2": "MCP servers are defined and checked on write (7.5); the worker does not call them yet",
}
# Sections that are built and tested in part → what is not built yet.
PARTLY_BUILT = {
    "14.13": "what it settles (tools, forms, handoff, recording, widget) comes with them",
    "6.1": "only the topics of speech and typed text are in use",
    "6.3": "forms have the documented topics and types; nothing is sent on them",
    "6.5": "forms have the documented confirmation; the agent does not hear it",
    "7.1": "the worker calls no tools yet",
    "7.2": "the limits can be set; the worker calls no tools yet",
    "7.3": "the worker calls no tools yet",
    "7.4": "the knowledge base answers; the worker does not ask it yet",
    "7.5": "the worker calls no tools yet",
    "7.6": "the worker calls no tools yet",
    "7.7": "targets are checked on write; no call is handed on yet",
    "7.8": "the names of form tools are taken; the worker does not offer them yet",
    "8": "the fields and the engine `server` are there; a choice made during the call is not heard yet",
    "10": "transcripts are there; calls are not recorded yet",
    "14.8": "the knowledge base answers by character; the worker calls no tools yet",
    "14.10": "the fields are there; the agent does not read `callbox.nc` yet",
    "14.11": "webhooks are there; recording and the widget are not",
}
# Sections that say nothing a test could hold → why.
NOTHING_TO_HOLD = {
    "0.1": "how the contract marks its evidence",
    "0.2": "where the contract comes from",
    "0.3": "where the contract comes from",
    "0.4": "where the contract comes from",
    "12.4": "the documents say next to nothing of it; what Callbox does is in 14.3",
    "12.6": "another product's, and no contract by its own heading",
    "12.7": "what the documents do not have",
    "13.1": "what the documents leave open; section 14 decides it",
    "13.2": "where the documents disagree; section 14 decides it",
}


def read_headings(text: str) -> dict[str, str]:
    """Number → heading of each section of the contract, whose text this is."""
    return dict(_HEADING.findall(text))


# All headings, also of chapters.
HEADINGS: dict[str, str] = dict(line.split(" ", 1) for line in HEADINGS_FILE.read_text().splitlines())


def parts(number: str) -> list[str]:
    """The sections of a chapter; the number itself when it is a section, or a chapter without any."""
    return [each for each in HEADINGS if each.startswith(f"{number}.")] or [number]


# What tests hold: the sections, and the chapters that have none.
SECTIONS = [number for number in HEADINGS if parts(number) == [number]]


@cache
def index() -> dict[str, list[str]]:
    """Each section and the tests that name it, as `file::test`."""
    found: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for test, docstrings in _all_tests():
        for section in sorted(set().union(*map(named, docstrings))):
            if section in found:
                found[section].append(test)
    return found


def unknown() -> dict[str, set[str]]:
    """Tests that name sections which the contract does not have, and those sections."""
    return {
        test: strangers
        for test, docstrings in _all_tests()
        if (strangers := set().union(*map(named, docstrings)) - set(HEADINGS))
    }


def named(docstring: str) -> set[str]:
    """The sections that a docstring names, also unknown ones; a chapter stands for each of its sections."""
    sections: set[str] = set()
    for listed in _NAMED.findall(" ".join(docstring.split())):
        numbers = re.findall(_NUMBER, re.sub(r"\([^)]*\)", "", listed))
        for number in numbers:
            # Of a chapter, only what is built.
            sections.update(
                each for each in parts(number) if each == number or each not in NOT_BUILT.keys() | NOTHING_TO_HOLD
            )
        for first, last in _RANGE.findall(listed):
            chapter, begin = first.split(".")
            sections.update(f"{chapter}.{number}" for number in range(int(begin), int(last.split(".")[1]) + 1))
    return sections


def _all_tests() -> Iterator[tuple[str, list[str]]]:
    """Each test as `file::test`, and the docstrings that speak for it: its module's and its own."""
    for file in sorted(FOLDER.rglob("test_*.py")):
        module = ast.parse(file.read_text())
        of_module = ast.get_docstring(module) or ""
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield f"{file.relative_to(FOLDER.parent)}::{node.name}", [of_module, ast.get_docstring(node) or ""]


if __name__ == "__main__":
    for section, tests in index().items():
        why = NOT_BUILT.get(section) or NOTHING_TO_HOLD.get(section)
        missing = f"; {PARTLY_BUILT[section]}" if section in PARTLY_BUILT else ""
        print(f"{section:<6} {HEADINGS[section]:<60.60} {why or f'{len(tests):>4} tests{missing}'}")
        for test in tests:
            print(f"       {test}")
