"""Ends this model process when its engine hangs or when its tritonserver has ended."""

import contextlib
import faulthandler
import os
import select
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Final

from services.inference.adapters.step_age import CoreWait, Step
from services.inference.adapters.tensors import fail_all
from services.inference.protocol import RESTARTING

_LOOK_SECONDS: Final = 0.5
# Exit status that distinguishes a hang from a crash: EX_SOFTWARE of sysexits.h.
HUNG_STATUS: Final = 70
# A step ends its process after this many times `hang_seconds`, however crowded the machine is.
_MOST_TIMES: Final = 6
# Longest wait for the errors to be sent before the process ends.
_ANSWER_SECONDS: Final = 1.0


class Watch:
    """Ends this model process when a step of its engine takes too long: `hang_seconds`.

    A slow machine is not a hang: time that a thread of the process waited for a core is not counted, unless the step
    takes longer than _MOST_TIMES `hang_seconds` in total. Requests without an answer get an error first. Several
    threads may run steps at once. services.inference.process_watch then starts the process of this model again.

    settings: the model's parameters, `hang_seconds` among them.
    """

    def __init__(self, settings: Mapping[str, str], model: str) -> None:
        self._hang_seconds = float(settings["hang_seconds"])
        self._model = model
        self._steps: set[Step] = set()
        self._lock = threading.Lock()  # guards the set
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """Measure the time of one engine step: the body of the `with` block."""
        step = Step()
        with self._lock:
            self._steps.add(step)
        try:
            yield
        finally:
            with self._lock:
                self._steps.remove(step)

    def _look(self) -> None:
        core_wait = CoreWait()
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
                steps = list(self._steps)
            if steps:
                waited = core_wait.seconds()
                for step in steps:
                    step.grow(passed, waited)
                if any(map(self._hangs, steps)):
                    self._end()

    def _hangs(self, step: Step) -> bool:
        return step.age_seconds > self._hang_seconds or step.total_seconds > _MOST_TIMES * self._hang_seconds

    def _end(self) -> None:
        sys.stderr.write(
            f"inference: a step of model {self._model} took more than {self._hang_seconds:g} s, without the time it "
            "waited for a core: its process ends. If the step needs that long, raise hang_seconds in the profile. "
            "Stack of every thread:\n"
        )
        faulthandler.dump_traceback(all_threads=True)
        sys.stderr.flush()
        answers = threading.Thread(
            target=fail_all, args=(f"{RESTARTING} a step of model {self._model} took too long",), daemon=True
        )
        answers.start()
        answers.join(_ANSWER_SECONDS)
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
