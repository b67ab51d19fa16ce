"""A server with every model, each with one small engine."""

from collections.abc import Iterator

import pytest

from services.inference.profile import MODELS
from tests.speech.server import Server, serving, small


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Replaces the server of the folder above, which takes four times as long to start."""
    folder = tmp_path_factory.mktemp("small")
    profile = folder / "small.toml"
    profile.write_text(small(*MODELS))
    with serving(folder, str(profile)) as running:
        yield running
