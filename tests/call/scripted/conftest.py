"""Calls whose every answer is known beforehand."""

import pytest

from tests.fixtures.stack import StackThread


@pytest.fixture(scope="session")
def callbox(scripted_stack: StackThread) -> StackThread:
    return scripted_stack
