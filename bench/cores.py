"""Which core the load is made on and which one serves it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def two_cores() -> Iterator[tuple[int, int]]:
    """(core of the load, core of the servers); what is started inside runs on the servers' until `only` says otherwise.

    On a machine with one core both are the same.
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
    """Keeps every thread of this process, and what it starts from now on, on one core."""
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - names are all that is wanted
        os.sched_setaffinity(int(thread), {core})
