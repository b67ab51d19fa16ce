"""Ends a model process when its tritonserver is gone, also when that one was killed without warning."""

import os
import select
import threading
from pathlib import Path
from typing import Final

_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  (Triton makes its regions there)


def _forget_region() -> None:
    """Remove the shared memory between the server and this process; its name is one of our arguments."""
    for argument in Path("/proc/self/cmdline").read_bytes().decode(errors="replace").split("\0"):
        region = _SHARED_MEMORY / argument
        if argument and "/" not in argument and region.is_file():
            region.unlink(missing_ok=True)


def end_with_parent() -> None:
    """Watch the parent process from a thread of its own and exit with it.

    The kernel's parent-death signal is of no use here: it follows the thread that started this process, and Triton's
    model loading threads end long before the server does.
    """
    parent = os.getppid()
    handle = os.pidfd_open(parent)

    def watch() -> None:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        poller.poll()
        try:
            _forget_region()
        finally:
            os._exit(1)

    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=watch, name="watchdog", daemon=True).start()
