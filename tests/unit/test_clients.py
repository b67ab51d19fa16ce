"""The generated clients in clients/ are those of the gateway as it is now."""

import filecmp
import importlib
import pkgutil
import subprocess
from pathlib import Path

import callbox_client

ROOT = Path(__file__).parents[2]
GENERATED = ("python/callbox_client", "typescript/src/schema.ts")
_GENERATE_SECONDS = 50


def files(folder: Path, part: str) -> dict[str, Path]:
    found = [folder / part, *(folder / part).rglob("*")]
    return {str(file.relative_to(folder)): file for file in found if file.is_file() and "__pycache__" not in file.parts}


def test_the_generated_clients_are_fresh(tmp_path: Path) -> None:
    made = subprocess.run(
        [ROOT / "clients" / "generate.sh", tmp_path], capture_output=True, text=True, timeout=_GENERATE_SECONDS
    )
    assert made.returncode == 0, made.stdout + made.stderr
    for part in GENERATED:
        fresh, kept = files(tmp_path, part), files(ROOT / "clients", part)
        assert fresh
        assert set(fresh) == set(kept), "run `make clients`"
        stale = [name for name, file in fresh.items() if not filecmp.cmp(file, kept[name], shallow=False)]
        assert not stale, f"run `make clients`: {stale}"


def test_every_module_of_the_python_client_can_be_imported() -> None:
    names = [module.name for module in pkgutil.walk_packages(callbox_client.__path__, "callbox_client.")]
    assert len(names) > 100
    for name in names:
        importlib.import_module(name)
