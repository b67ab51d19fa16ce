"""Calls through the stack of `make run`, and through one whose answers are known."""

import pytest

from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.stack import StackThread

__all__ = ["callbox", "measure", "pytest_terminal_summary", "scripted"]


@pytest.fixture(scope="session")
def callbox(default_stack: StackThread) -> StackThread:
    return default_stack


@pytest.fixture(scope="session")
def scripted(scripted_stack: StackThread) -> StackThread:
    return scripted_stack
