"""How long a step of an engine has run, without the time that its process waited for a core."""

import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(eq=False, slots=True)
class Step:
    """One running step of an engine.

    age_seconds: without the time that the process waited for a core. total_seconds: with it.
    """

    age_seconds: float = 0.0
    total_seconds: float = 0.0

    def grow(self, passed: float, waited: float) -> None:
        """Add the seconds that passed, and how many of them the process waited for a core."""
        self.age_seconds = max(0.0, self.age_seconds + passed - waited)
        self.total_seconds += passed


class CoreWait:
    """Measures how long this process waits for a core, from the kernel's schedstat files.

    tasks: the folder of the process's threads. Where the kernel has no such files, the wait is 0.
    """

    def __init__(self, tasks: Path = Path("/proc/self/task")) -> None:
        self._tasks = tasks
        self._seen: dict[str, int] = {}

    def seconds(self) -> float:
        """The longest wait of a thread since the last call, without the calling thread."""
        own = str(threading.get_native_id())
        now: dict[str, int] = {}
        for path in self._tasks.glob("*/schedstat"):
            with contextlib.suppress(OSError, ValueError):  # the thread has ended
                now[path.parent.name] = int(path.read_text().split()[1])
        waits = [total - self._seen[name] for name, total in now.items() if name != own and name in self._seen]
        self._seen = now
        return max(waits, default=0) / 1e9
