"""Prepares the folder that tritonserver runs from: the Python backend and the rendered model repository."""

import hashlib
import importlib.metadata
import importlib.util
import os
import site
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.inference.profile import REPOSITORY, Profile, render

_ROOT: Final = Path(__file__).resolve().parents[2]
_UTILITIES: Final = "triton_python_backend_utils.py"
# Removes the base interpreter's site-packages from the path: only packages locked by the environment may be loaded.
_PRELUDE: Final = """import sys

sys.path[:] = [*{folders!r}, *(path for path in sys.path if path and not path.endswith("site-packages"))]
"""


class SetupError(RuntimeError):
    """A part that the server needs is missing. The message says how to get it."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of a prepared folder and of tritonserver."""

    binary: Path
    libraries: Path
    backends: Path
    models: Path


def _package() -> Path:
    spec = importlib.util.find_spec("pytriton")
    if spec is None or spec.origin is None:
        raise SetupError("nvidia-pytriton is not installed: install the `inference` extra")
    return Path(spec.origin).parent


def import_folders() -> list[str]:
    """Folders from which the model processes import packages, in order."""
    return [str(Path(folder).resolve()) for folder in (*site.getsitepackages(), str(_ROOT))]


def check_numpy(folders: list[str]) -> None:
    """Refuse numpy 2: the wheel's stub is built for numpy 1 and would return broken tensors. Raises SetupError."""
    for found in importlib.metadata.distributions(name="numpy", path=folders):
        if int(found.version.split(".")[0]) >= 2:
            raise SetupError(
                f"tritonserver's Python backend works with numpy 1 and would load {found.version}: "
                "install 'numpy<2' into this environment"
            )
        return


def _backend(package: Path, target: Path, folders: list[str]) -> None:
    """Put the library, stub and utilities of the Python backend into one folder.

    The stub's interpreter ignores PYTHONPATH, so the import folders are written into the utilities, which it loads
    first.
    """
    server = package / "tritonserver"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / version / "triton_python_backend_stub"
    if not stub.is_file():
        raise SetupError(f"nvidia-pytriton has no Python backend for Python {version}: use Python 3.11")
    target.mkdir(parents=True)
    (target / "triton_python_backend_stub").symlink_to(stub)
    (target / "libtriton_python.so").symlink_to(server / "backends" / "python" / "libtriton_python.so")
    utilities = (server / "backends" / "python" / _UTILITIES).read_text()
    (target / _UTILITIES).write_text(f"{_PRELUDE.format(folders=folders)}\n{utilities}")


def _digest(package: Path, profile: Profile, folders: list[str]) -> str:
    seen = hashlib.sha256(profile.model_dump_json().encode())
    for fact in (importlib.metadata.version("nvidia-pytriton"), sys.version, str(package), *folders):
        seen.update(fact.encode() + b"\0")
    for path in (
        Path(__file__),
        Path(__file__).with_name("profile.py"),
        Path(__file__).with_name("profile_sections.py"),
        *sorted(REPOSITORY.rglob("*.j2")),
    ):
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def prepare(profile: Profile, data_dir: Path) -> Workspace:
    """Make the folder for a profile below `data_dir`, unless it exists.

    Raises SetupError when a part is missing or does not fit.
    """
    package = _package()
    folders = import_folders()
    check_numpy(folders)
    home = data_dir.resolve() / "inference"
    target = home / _digest(package, profile, folders)
    if not target.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix="making-") as scratch:
            made = Path(scratch) / "workspace"
            _backend(package, made / "backends" / "python", folders)
            render(profile, made / "models")
            try:
                made.rename(target)
            except OSError:
                if not target.is_dir():
                    raise
    return Workspace(
        package / "tritonserver" / "bin" / "tritonserver",
        package.parent / "nvidia_pytriton.libs",
        target / "backends",
        target / "models",
    )


def library_path(workspace: Workspace, inherited: str | None) -> str:
    """Value of LD_LIBRARY_PATH, with this interpreter's libpython before any other."""
    own = sysconfig.get_config_var("LIBDIR")
    return os.pathsep.join(str(part) for part in (own, workspace.libraries, inherited) if part)
