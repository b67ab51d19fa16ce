"""What of Chatterbox can be tried without its weights: that it is honest about what is missing."""

import importlib.util
from pathlib import Path

import pytest

from services.inference.engines import chatterbox
from services.inference.engines.chatterbox import Chatterbox
from services.inference.profile import PROFILES, read_profile
from services.inference.workspace import SetupError

WEIGHTS = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json")


@pytest.fixture
def _package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is found but not run: `json` stands in for it by name."""
    monkeypatch.setattr(chatterbox, "_PACKAGE", "json")


def test_without_its_package_the_extra_is_named(tmp_path: Path) -> None:
    assert importlib.util.find_spec("chatterbox") is None, "it is installed: then try it with weights"
    with pytest.raises(SetupError, match="install the `chatterbox` extra"):
        Chatterbox(tmp_path, tmp_path)


@pytest.mark.usefixtures("_package")
def test_without_weights_the_folder_and_the_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").touch()
    with pytest.raises(SetupError, match=rf"{tmp_path} lacks ve.safetensors, t3_cfg.safetensors, s3gen.safetensors of"):
        Chatterbox(tmp_path, tmp_path)


@pytest.mark.usefixtures("_package")
def test_without_a_recording_there_is_no_voice(tmp_path: Path) -> None:
    for name in WEIGHTS:
        (tmp_path / name).touch()
    with pytest.raises(SetupError, match="has no recording"):
        Chatterbox(tmp_path, tmp_path)


def test_a_profile_with_it_and_without_weights_is_refused(tmp_path: Path) -> None:
    profile = tmp_path / "clone.toml"
    text = (PROFILES / "cpu.toml").read_text()
    profile.write_text(text.replace('engines = ["hibari", "kokoro"]', 'engines = ["chatterbox", "hibari", "kokoro"]'))
    with pytest.raises(ValueError, match="`weights` and `recordings`"):
        read_profile(str(profile))
