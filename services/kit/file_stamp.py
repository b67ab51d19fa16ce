"""Whether a file has changed since it was last looked at, without reading it."""

from pathlib import Path

# Modification time in nanoseconds, size in bytes, inode.
_Stamp = tuple[int, int, int]


class FileStamp:
    """Remembers what a file looked like. Sees a write, a replacement, a removal and a return."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _stamp_of(path)

    def has_changed(self) -> bool:
        """Whether the file is another one than at the last call, or than when this object was made."""
        found = _stamp_of(self._path)
        changed, self._seen = found != self._seen, found
        return changed


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
