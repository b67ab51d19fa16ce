"""Servers for the tests of this folder that do not harm them. Each has the models that its tests need and no others."""

from collections.abc import Iterator

import pytest

from tests.speech.server import Server, served, serving_text, small


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Hears and speaks English, with one engine each, and suppresses noise: up in seconds."""
    with serving_text(tmp_path_factory.mktemp("triton"), small("stt", "tts", "denoise")) as running:
        yield running


@pytest.fixture(scope="session")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Hears every language, and does nothing else."""
    with serving_text(tmp_path_factory.mktemp("polyglot"), served("stt")) as running:
        yield running
