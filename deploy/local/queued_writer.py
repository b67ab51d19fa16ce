"""A thread that writes what others queue, so that a slow disk or a paused terminal does not block them."""

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class QueuedWriter(Generic[Entry]):
    """Calls `write` in its own thread for each entry, in order. New entries are dropped when the queue is full."""

    def __init__(self, name: str, write: Callable[[Entry, int], None], size: int) -> None:
        """write: takes an entry, and how many were dropped before it. size: entries that may wait."""
        self._write = write
        self._dropped = 0
        self._waiting: queue.Queue[Entry | None] = queue.Queue(size)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Queues an entry; never blocks."""
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Writes the waiting entries; gives up after three seconds."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=1)
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while (entry := self._waiting.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            self._write(entry, dropped)
