"""One stack for the whole folder, with a scripted language model and a short patience."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.scripted_llm import MODEL, ScriptedLLM
from tests.fixtures.stack import StackThread

__all__ = ["callbox", "measure", "pytest_terminal_summary"]

SLOTS = 2
FREE_SECONDS = 8.0
# Longer than LiveKit takes to notice that a caller is gone.
IDLE_SECONDS = 24
JOIN_SECONDS = 5
TOKEN_SECONDS = 15


@pytest.fixture(scope="package")
def script() -> Iterator[ScriptedLLM]:
    with ScriptedLLM(Path(__file__).with_name("conversation.yaml")) as script:
        yield script


@pytest.fixture(scope="package")
def callbox(tmp_path_factory: pytest.TempPathFactory, script: ScriptedLLM) -> Iterator[StackThread]:
    patience = {
        "CALLBOX_IDLE_SECONDS": str(IDLE_SECONDS),
        "CALLBOX_JOIN_SECONDS": str(JOIN_SECONDS),
        "CALLBOX_TOKEN_SECONDS": str(TOKEN_SECONDS),
    }
    folder = tmp_path_factory.mktemp("stack")
    with StackThread(folder, patience, slots=SLOTS, llm_url=script.url, llm_model=MODEL) as running:
        yield running
