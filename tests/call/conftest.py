"""Calls through the stack of `make run`."""

import pytest

from tests.call.question import Asked, ask
from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.stack import StackThread

__all__ = ["asked", "callbox", "measure", "pytest_terminal_summary"]


@pytest.fixture(scope="session")
def callbox(default_stack: StackThread) -> StackThread:
    return default_stack


@pytest.fixture(scope="session")
def asked(callbox: StackThread, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """A question asked aloud from the terminal."""
    return ask(callbox, tmp_path_factory.mktemp("call") / "call.wav")
