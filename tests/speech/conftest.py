"""One tritonserver for all tests of this folder that do not harm it."""

from collections.abc import Iterator

import pytest

from tests.speech.server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("triton")) as running:
        yield running
