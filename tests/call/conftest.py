"""One stack for the whole folder, with the small language model that `make run` starts."""

from collections.abc import Iterator

import pytest

from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.stack import StackThread

__all__ = ["callbox", "measure", "pytest_terminal_summary"]


@pytest.fixture(scope="package")
def callbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackThread]:
    with StackThread(tmp_path_factory.mktemp("stack"), slots=3) as running:
        yield running
