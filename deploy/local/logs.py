"""Keeps the output of each part in a file of its own, and tells a person what matters."""

import re
import time
from collections import deque
from pathlib import Path
from typing import TextIO

from deploy.local.log_file import LogFile
from deploy.local.log_line import readable
from deploy.local.news import NewsReader
from deploy.local.queued_writer import QueuedWriter

_RUNNER = "callbox"
_WAITING_LINES = 5_000
_WAITING_MESSAGES = 1_000
_TAIL_LINES = 30
_SHORTEST_SECRET = 8
_HIDDEN = "[hidden]"
# Access tokens of callers and of services are JSON Web Tokens (JWT).
_JWT = r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"
_RED = "\x1b[31m"
_PLAIN = "\x1b[0m"


class Lines:
    """Writes the output of each part to `<folder>/<part>.log`, and messages to `<folder>/callbox.log` and a person.

    The last 30 lines of each part stay in memory. Waiting lines beyond 5,000 are dropped and counted.
    """

    def __init__(self, folder: Path, output: TextIO | None = None, *, form: str = "json") -> None:
        """output: where a person reads; None for nowhere.

        form: "json" leaves the lines of the parts as they are, "console" makes them readable.
        """
        self.folder = folder
        self._output = output
        self._coloured = output is not None and output.isatty()
        self._form = form
        self._news = NewsReader()
        self._known: set[str] = set()
        self._secrets = re.compile(_JWT)
        self._tails: dict[str, deque[str]] = {}
        self._files: dict[str, LogFile] = {}
        self._printer = QueuedWriter("messages", self._print, _WAITING_MESSAGES)
        self._writer = QueuedWriter("log files", self._take, _WAITING_LINES)

    def hide(self, secret: str) -> None:
        """Replaces this text in every later line, as it does with all tokens."""
        if len(secret) >= _SHORTEST_SECRET and secret not in self._known:
            self._known.add(secret)
            longest_first = sorted(self._known, key=len, reverse=True)
            self._secrets = re.compile("|".join([*map(re.escape, longest_first), _JWT]))

    def __call__(self, part: str, line: str) -> None:
        """Takes one line that a part has written."""
        line = self._secrets.sub(_HIDDEN, line)
        self._tails.setdefault(part, deque(maxlen=_TAIL_LINES)).append(line)
        self._writer.put((part, line, False))

    def tell(self, text: str, *, fault: bool = False) -> None:
        """Takes a message to a person; it may have several lines."""
        self._writer.put((_RUNNER, self._secrets.sub(_HIDDEN, text), fault))

    def tail(self, part: str, count: int = _TAIL_LINES) -> list[str]:
        """The last lines of a part as a person reads them, oldest first."""
        return [readable(line) for line in list(self._tails.get(part, ()))[-count:]]

    def path(self, part: str) -> Path:
        """The log file of a part."""
        return self.folder / f"{part}.log"

    def close(self) -> None:
        """Writes what waits; gives up after six seconds."""
        self._writer.close()
        self._printer.close()
        for file in self._files.values():
            file.close()

    def _take(self, entry: tuple[str, str, bool], dropped: int) -> None:
        part, text, fault = entry
        if dropped:
            self._tell(f"{dropped} lines were dropped: {self.folder} cannot be written fast enough", True)
        if part == _RUNNER:
            self._tell(text, fault)
            return
        self._keep(part, text if self._form == "json" else readable(text))
        if (news := self._news.read(part, text)) is not None:
            self._tell(news.text + (f"; see {self.path(part)}" if news.fault else ""), news.fault)

    def _tell(self, text: str, fault: bool) -> None:
        first, *more = text.split("\n")
        head = f"{time.strftime('%H:%M:%S')}  {'FAULT ' if fault else ''}{first}"
        block = "\n".join([head, *(f"          {line}" if line else "" for line in more)])
        self._keep(_RUNNER, f"{time.strftime('%Y-%m-%d')} {block}")
        self._printer.put(f"{_RED}{block}{_PLAIN}" if fault and self._coloured else block)

    def _print(self, block: str, dropped: int) -> None:
        if self._output is None:
            return
        left_out = f"({dropped} messages were left out here: the output was blocked)\n" if dropped else ""
        try:
            self._output.write(f"{left_out}{block}\n")
            self._output.flush()
        except (OSError, ValueError):
            # The reader of the output has gone; the parts go on.
            self._output = None

    def _keep(self, part: str, text: str) -> None:
        file = self._files.get(part)
        if file is None:
            # Opened with the first line only: until then another stack may be writing to this file.
            file = self._files[part] = LogFile(self.path(part))
        fault = file.write(text)
        if fault and part != _RUNNER:
            self._tell(f"{self.path(part)} cannot be written: {fault}", True)
        elif fault:
            self._printer.put(f"{self.path(part)} cannot be written: {fault}")
