"""Ends this model process when its engine hangs or when its tritonserver has ended."""

import contextlib
import faulthandler
import os
import select
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LOOK_SECONDS: Final = 0.5
# Exit status that distinguishes a hang from a crash: EX_SOFTWARE of sysexits.h.
HUNG_STATUS: Final = 70


@dataclass(eq=False, slots=True)
class Step:
    """One running step of an engine."""

    age_seconds: float = 0.0

    def alive(self) -> None:
        """Reset the age. Work of many parts calls this after each part."""
        self.age_seconds = 0.0


class Watch:
    """Ends this model process, with a log line, when a step of its engine takes longer than `hang_seconds`.

    Several threads may run steps at once. services.inference.process_watch then ends the server, so that it is started
    again with this model.

    settings: the model's parameters, `hang_seconds` among them.
    """

    def __init__(self, settings: Mapping[str, str], model: str) -> None:
        self._hang_seconds = float(settings["hang_seconds"])
        self._model = model
        self._steps: set[Step] = set()
        self._lock = threading.Lock()  # guards the set
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    @contextlib.contextmanager
    def step(self) -> Iterator[Step]:
        """Measure the time of one engine step: the body of the `with` block."""
        step = Step()
        with self._lock:
            self._steps.add(step)
        try:
            yield step
        finally:
            with self._lock:
                self._steps.remove(step)

    def _look(self) -> None:
        looked = time.monotonic()
        while True:
            # A step that holds the GIL blocks this thread, too. Then faulthandler's C thread ends the process and
            # prints every stack.
            faulthandler.dump_traceback_later(2 * self._hang_seconds, exit=True)
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            # When the whole process was suspended (with its machine, for example), that time is not counted.
            passed = min(now - looked, 2 * _LOOK_SECONDS)
            looked = now
            with self._lock:
                for step in self._steps:
                    step.age_seconds += passed
                hangs = any(step.age_seconds > self._hang_seconds for step in self._steps)
            if hangs:
                self._end()

    def _end(self) -> None:
        sys.stderr.write(
            f"inference: a step of model {self._model} took more than {self._hang_seconds:g} s: its process ends. "
            "If the machine was only slow, raise hang_seconds in the profile. Stack of every thread:\n"
        )
        faulthandler.dump_traceback(all_threads=True)
        sys.stderr.flush()
        os._exit(HUNG_STATUS)


def end_with_parent() -> None:
    """Start a thread that exits this process when the parent process ends.

    The kernel's parent-death signal does not work here: it follows the thread that started this process, and Triton's
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
