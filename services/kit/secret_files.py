"""Secrets in files of the data folder, which only their owner can read."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

_FOLDER_MODE = 0o700
_SECRET_MODE = 0o600


def ensure_secret(path: Path, make: Callable[[], bytes] = lambda: secrets.token_urlsafe(32).encode()) -> bytes:
    """Reads a secret file; makes it first, with mode 600, if it is missing.

    Processes that start together get the same secret.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    write_private(draft, make())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _SECRET_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), _SECRET_MODE)
        file.write(content)
