"""Which tests hold which section of the HTTP contract: `python -m tests.contract` prints the index.

A test names what it holds in its docstring or its module's: "Contract 14.2: …", "Contract 5.1 to 5.3 and 14.12 (form
answers): …".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
_NUMBER = r"\d+(?:\.\d+)?"
_NAMED = re.compile(rf"\bContract ({_NUMBER}(?:(?: ?\([^)]*\))?(?:,? and |, | to ){_NUMBER})*)")
_RANGE = re.compile(rf"({_NUMBER}) to ({_NUMBER})")
# Section of the contract → what it is about.
SECTIONS = {
    "1.1": "the three ways in",
    "1.2": "account endpoints",
    "1.3": "lifetimes",
    "1.4": "API keys",
    "1.5": "which answers are wrapped",
    "1.6": "origin gate",
    "1.7": "common refusals",
    "2.1": "endpoints of characters",
    "2.2": "fields of characters",
    "2.3": "refusals of characters",
    "3.1": "fields of a start",
    "3.2": "form A: by origin, bare",
    "3.3": "form B: by key, in an envelope",
    "3.4": "refusals of a start",
    "3.5": "a backend starts the call",
    "3.6": "joining the room",
    "3.7": "metadata on its way to the agent",
    "4.1": "appearance: top level",
    "4.2": "appearance: theme",
    "4.3": "appearance: dimensions",
    "4.4": "appearance: layout",
    "4.5": "appearance: labels",
    "4.6": "appearance: languages",
    "5.1": "forms",
    "5.2": "steps",
    "5.3": "fields of forms",
    "5.4": "submitting",
    "5.5": "managed storage",
    "7.1": "tools: common fields",
    "7.2": "tools: limits",
    "7.3": "tools: http",
    "7.4": "tools: kb",
    "7.5": "tools: mcp",
    "7.6": "tools: client_event",
    "7.7": "handoff",
    "7.8": "form tools",
    "8": "noise cancellation",
    "9": "usage",
    "10": "history",
    "12.1": "knowledge base",
    "12.3": "limits",
    "14.1": "errors, envelopes, identifiers",
    "14.2": "accounts",
    "14.3": "origins",
    "14.4": "sessions",
    "14.5": "characters, decided",
    "14.6": "forms, decided",
    "14.9": "outbound requests",
    "14.11": "recording, webhooks",
    "14.12": "small print",
}


def index() -> dict[str, list[str]]:
    """Each section of `SECTIONS` and the tests that name it, as `file::test`."""
    found: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for file in sorted(FOLDER.rglob("test_*.py")):
        for test, docstrings in _tests(file):
            for section in sorted(set().union(*map(named, docstrings))):
                if section in found:
                    found[section].append(f"{file.relative_to(FOLDER.parent)}::{test}")
    return found


def named(docstring: str) -> set[str]:
    """The sections that a docstring names; a section without a point stands for all that is in it."""
    sections: set[str] = set()
    for listed in _NAMED.findall(" ".join(docstring.split())):
        numbers = re.findall(_NUMBER, re.sub(r"\([^)]*\)", "", listed))
        sections.update(numbers)
        for number in numbers:
            sections.update(section for section in SECTIONS if section.startswith(f"{number}."))
        for first, last in _RANGE.findall(listed):
            chapter, begin = first.split(".")
            sections.update(f"{chapter}.{number}" for number in range(int(begin), int(last.split(".")[1]) + 1))
    return sections


def _tests(file: Path) -> Iterator[tuple[str, list[str]]]:
    module = ast.parse(file.read_text())
    of_module = ast.get_docstring(module) or ""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, [of_module, ast.get_docstring(node) or ""]


if __name__ == "__main__":
    for section, tests in index().items():
        print(f"{section:<6} {SECTIONS[section]:<36} {len(tests):>4} tests")
        for test in tests:
            print(f"       {test}")
