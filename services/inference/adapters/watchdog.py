"""Ends a model process when its tritonserver is gone, also when that one was killed without warning."""

import os
import select
import threading


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
        os._exit(1)

    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=watch, name="watchdog", daemon=True).start()
