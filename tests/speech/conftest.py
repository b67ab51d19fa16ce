"""Servers for the tests of this folder that do not harm them. Each has the models that its tests need and no others."""

from collections.abc import Iterator

import pytest

from tests.speech.server import Server, served, serving, small


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Hears and speaks English, with one engine each, and suppresses noise: up in seconds."""
    folder = tmp_path_factory.mktemp("triton")
    profile = folder / "small.toml"
    profile.write_text(small("stt", "tts", "denoise"))
    with serving(folder, str(profile)) as running:
        yield running


@pytest.fixture(scope="session")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Hears every language, and does nothing else."""
    folder = tmp_path_factory.mktemp("polyglot")
    profile = folder / "hearing.toml"
    profile.write_text(served("stt"))
    with serving(folder, str(profile)) as running:
        yield running
