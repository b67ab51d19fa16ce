"""Memory and processor time of the parts of a running stack."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Usage:
    """Resources of all processes of one part.

    pss_bytes: memory; shared pages are divided among their users. rss_bytes: memory; shared pages count in full.
    cpu_seconds: processor time since each process started.
    """

    pss_bytes: int
    rss_bytes: int
    cpu_seconds: float
    processes: int


def usage(pids: Mapping[str, int]) -> dict[str, Usage]:
    """Usage of each part with all its descendants; zero for a part that has ended."""
    return {name: _usage(pid) for name, pid in pids.items()}


class Meter:
    """Measures the processor time of every part from when it is made."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._began = time.monotonic()
        self._before = usage(pids)

    def cores(self) -> dict[str, float]:
        """Average number of busy cores of each part; a part that has ended is left out."""
        seconds = time.monotonic() - self._began
        return {
            name: max(0.0, now.cpu_seconds - self._before[name].cpu_seconds) / seconds
            for name, now in usage(self._pids).items()
            if now.processes
        }


def _usage(pid: int) -> Usage:
    pss = rss = count = 0
    cpu = 0.0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for process in family:
        try:
            memory = process.memory_full_info()
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        pss, rss, count = pss + memory.pss, rss + memory.rss, count + 1
        cpu += times.user + times.system
    return Usage(pss, rss, cpu, count)
