"""Calls whose every answer is known beforehand."""

import pytest

from tests.fixtures.stack import StackThread

# So that a failed assertion in them shows its values, as in a file of tests.
for _name in (
    "acting",
    "booking",
    "counted",
    "faulty_tools",
    "first_words",
    "forms",
    "microphone",
    "page",
    "spanish",
    "strangers",
    "unusual_callers",
):
    pytest.register_assert_rewrite(f"tests.call.scripted.{_name}")


@pytest.fixture(scope="session")
def callbox(scripted_stack: StackThread) -> StackThread:
    return scripted_stack
