"""One log file, bounded by size."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 10_000_000
OLD_FILES = 2


class _Handler(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name in the library
        """Lets the writer see the fault; the library would print a traceback for each line."""
        raise


class LogFile:
    """Appends lines to a file. A full file is renamed to `.1`, the one before to `.2`; the oldest is deleted."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._handler = _Handler(
            path, maxBytes=max_bytes, backupCount=OLD_FILES, encoding="utf-8", errors="replace", delay=True
        )
        self._fails = False

    def write(self, line: str) -> str:
        """Writes one line. Returns the fault when writing begins to fail, else an empty text."""
        try:
            self._handler.emit(logging.LogRecord("", logging.INFO, "", 0, line, None, None))
        except (OSError, ValueError) as fault:
            told, self._fails = self._fails, True
            return "" if told else str(fault)
        self._fails = False
        return ""

    def close(self) -> None:
        """Closes the file."""
        self._handler.close()
