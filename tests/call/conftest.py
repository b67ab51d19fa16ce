"""Calls through the stack of `make run`."""

import pytest

from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.stack import StackThread

__all__ = ["callbox", "measure", "pytest_terminal_summary"]


@pytest.fixture(scope="session")
def callbox(default_stack: StackThread) -> StackThread:
    return default_stack
