"""Lines of all parts on one output, each under the name of its part."""

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

# An output that does not read (a paused terminal) must never hold up a part: past this many waiting lines new ones
# are dropped and counted.
_WAITING_LINES = 5_000
_FILE_BYTES = 20_000_000
_TAIL_LINES = 30
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Lines:
    """Writes lines from a thread of its own and remembers the last of each part."""

    def __init__(self, output: TextIO | Path | None = None, *, width: int = 10) -> None:
        """output: a stream, a file to begin anew, or None for the terminal."""
        self._width = width
        self._limit = sys.maxsize
        self._owned: TextIO | None = None
        if isinstance(output, Path):
            output.parent.mkdir(parents=True, exist_ok=True)
            self._owned = output.open("w", encoding="utf-8", errors="replace")
            self._limit = _FILE_BYTES
            self._output: TextIO = self._owned
        else:
            self._output = output or sys.stdout
        self._coloured = self._output.isatty()
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
        """Writes what waits, for two seconds at most."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=1)
        self._thread.join(timeout=2)
        if self._owned is not None and not self._thread.is_alive():
            self._owned.close()

    def _write(self) -> None:
        written = 0
        while (text := self._waiting.get()) is not None:
            if written > self._limit:
                continue
            if self._dropped:
                text = (
                    f"{'callbox':<{self._width}} | {self._dropped} lines were dropped: the output did not read\n{text}"
                )
                self._dropped = 0
            written += len(text)
            try:
                self._output.write(text)
                if self._waiting.empty():
                    self._output.flush()
            except (OSError, ValueError):
                # The reader is gone; parts go on without it.
                self._limit = 0
                written = 1
        with contextlib.suppress(OSError, ValueError):
            self._output.flush()
