"""Writes the log lines of all parts to one output, each with the name of its part."""

import contextlib
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

Line = Callable[[str, str], None]
"""Takes (part, line without its end)."""

# A blocked output, such as a paused terminal, must not block a part: beyond this many waiting lines, new ones are
# dropped and counted.
_WAITING_LINES = 5_000
_FILE_BYTES = 20_000_000
_TAIL_LINES = 30
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Lines:
    """Writes lines in its own thread and keeps the last 30 of each part."""

    def __init__(self, output: TextIO | Path | None = None, *, width: int = 10) -> None:
        """output: a stream, a file to overwrite, or None for stdout."""
        self._width = width
        self._path = output if isinstance(output, Path) else None
        self._output: TextIO | None = None if isinstance(output, Path) else output or sys.stdout
        self._coloured = self._output is not None and self._output.isatty()
        self._colour: dict[str, int] = {}
        self._tails: dict[str, deque[str]] = {}
        self._dropped = 0
        self._waiting: queue.Queue[str | None] = queue.Queue(_WAITING_LINES)
        self._thread = threading.Thread(target=self._write, name="lines", daemon=True)
        self._thread.start()

    def __call__(self, part: str, line: str) -> None:
        """Queues one line."""
        self._tails.setdefault(part, deque(maxlen=_TAIL_LINES)).append(line)
        prefix = f"{part:<{self._width}}"
        if self._coloured:
            colour = self._colour.setdefault(part, _COLOURS[len(self._colour) % len(_COLOURS)])
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        try:
            self._waiting.put_nowait(f"{prefix} | {line}\n")
        except queue.Full:
            self._dropped += 1

    def tail(self, part: str) -> list[str]:
        """The last lines of a part, oldest first."""
        return list(self._tails.get(part, ()))

    def close(self) -> None:
        """Writes the waiting lines; gives up after two seconds."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=1)
        self._thread.join(timeout=2)

    def _write(self) -> None:
        with contextlib.ExitStack() as files:
            if (first := self._waiting.get()) is None:
                return
            if self._output is None:
                # Opened with the first line only: until then another stack may be writing to this file.
                assert self._path is not None
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._output = files.enter_context(self._path.open("w", encoding="utf-8", errors="replace"))
            self._write_to(self._output, first, sys.maxsize if self._path is None else _FILE_BYTES)

    def _write_to(self, output: TextIO, text: str | None, limit: int) -> None:
        written = 0
        while text is not None:
            if self._dropped:
                told = f"{self._dropped} lines were dropped: the output was blocked"
                text = f"{'callbox':<{self._width}} | {told}\n{text}"
                self._dropped = 0
            if written <= limit:
                try:
                    output.write(text)
                    if self._waiting.empty():
                        output.flush()
                except (OSError, ValueError):
                    # The reader of the output has gone; the parts go on.
                    limit = -1
                written += len(text)
            text = self._waiting.get()
        with contextlib.suppress(OSError, ValueError):
            output.flush()
