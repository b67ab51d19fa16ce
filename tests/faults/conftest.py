"""The stack of all tests that kill parts: with a scripted language model and a short patience."""

import pytest

from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.stack import StackThread

__all__ = ["callbox", "measure", "pytest_terminal_summary"]

FREE_SECONDS = 8.0


@pytest.fixture(scope="session")
def callbox(scripted_stack: StackThread) -> StackThread:
    return scripted_stack
