"""Whether a file has changed since it was last looked at, without reading it."""

from pathlib import Path

# Modification time in nanoseconds, size in bytes, inode.
_Stamp = tuple[int, int, int]


class FileStamp:
    """Remembers what a file looked like. Notices a write, a replacement, a removal and a return."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _stamp_of(path)
        self._must_try_again = False

    def has_changed(self) -> bool:
        """Whether the file differs from what it was at the last call, or when this object was made."""
        found = _stamp_of(self._path)
        changed = self._must_try_again or found != self._seen
        self._seen, self._must_try_again = found, False
        return changed

    def try_again(self) -> None:
        """Makes the next `has_changed` answer True: for a change that could not be read yet."""
        self._must_try_again = True


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
