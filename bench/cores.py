"""Binds the load to one core and the servers to another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def two_cores() -> Iterator[tuple[int, int]]:
    """Yields (core of the load, core of the servers). Processes started inside run on the servers' core.

    On a machine with one core both are the same. `only` changes the core.
    """
    before = os.sched_getaffinity(0)
    ordered = sorted(before)
    load, server = ordered[0], ordered[-1]
    only(server)
    try:
        yield load, server
    finally:
        os.sched_setaffinity(0, before)


def only(core: int) -> None:
    """Binds every thread of this process, and everything that it starts from now on, to one core."""
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - only names are needed
        os.sched_setaffinity(int(thread), {core})
