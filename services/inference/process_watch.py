"""Ends tritonserver when one of its model processes has died, so that the supervisor or container restarts it.

Also ends model processes that outlive their server (a process that waits for the server with the GIL held cannot end
itself), and removes the shared memory that a killed server leaves behind.

tritonserver never restarts the process of a decoupled model: it stays `ready`, open streams get no more data, and each
new request waits a second for an error. This program runs as a child of the server until the server ends:
`python -I -S process_watch.py`. It needs only the standard library and little memory.
"""

import os
import select
import signal
import sys
from pathlib import Path

_LOOK_MS = 500
# Time to end by itself, for a server that could not load a model, and for a model process whose server has ended.
_OWN_END_MS = 500
_STOP_MS = 1_000
_STUB = "triton_python_backend_stub"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (Triton makes its regions there)


def model_served(arguments: list[str]) -> str | None:
    """The model that a process with these arguments serves; None when it is not a model process."""
    if not arguments[0].endswith(_STUB):
        return None
    return next((Path(each).parts[-3] for each in arguments if each.endswith("/1/model.py")), None)


def regions(arguments: list[str]) -> list[Path]:
    """The shared memory between the server and a model process with these arguments."""
    names = {each for each in arguments if each and "/" not in each}
    return [SHARED_MEMORY / name for name in names if (SHARED_MEMORY / name).exists()]


def ending(stat: str) -> str | None:
    """How a process failed, from the text of its /proc/PID/stat; None when it runs or ended with status 0."""
    fields = stat.rpartition(")")[2].split()
    status = int(fields[-1])
    if fields[0] != "Z" or status == 0:
        return None
    number = os.waitstatus_to_exitcode(status)
    return f"was killed by signal {-number}" if number < 0 else f"ended with status {number}"


def _children(server: int) -> dict[int, list[str]]:
    """The arguments of each child process."""
    return {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        for listing in Path(f"/proc/{server}/task").glob("*/children")
        for pid in map(int, listing.read_text().split())
    }


def _ends(handle: int, within_ms: int) -> bool:
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    return bool(poller.poll(within_ms))


class Guard:
    """Watches a server and its model processes."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._poller = select.poll()
        self._server_handle = os.pidfd_open(server)
        self._poller.register(self._server_handle, select.POLLIN)
        self._models: dict[int, tuple[int, str]] = {}
        # The server has removed the regions of a model that it unloaded, or that failed to load.
        self._regions: set[Path] = set()

    def run(self) -> None:
        """Watch until the server and its model processes have ended."""
        while True:
            ended = [handle for handle, _ in self._poller.poll(_LOOK_MS)]
            if self._server_handle in ended:
                self._end_models()
                return
            for handle in ended:
                self._model_ended(handle)
            self._look()

    def _look(self) -> None:
        known = {pid for pid, _ in self._models.values()}
        try:
            for pid, arguments in _children(self._server).items():
                name = model_served(arguments)
                if name is not None and pid not in known:
                    handle = os.pidfd_open(pid)
                    self._models[handle] = (pid, name)
                    self._regions.update(regions(arguments))
                    self._poller.register(handle, select.POLLIN)
        except OSError:  # a process ended during the scan: the next scan is correct
            return

    def _model_ended(self, handle: int) -> None:
        pid, name = self._models.pop(handle)
        self._poller.unregister(handle)
        os.close(handle)
        try:
            how = ending(Path(f"/proc/{pid}/stat").read_text())
        except OSError:  # the server has reaped the process: it is shutting down
            return
        if how is not None and not _ends(self._server_handle, _OWN_END_MS):
            sys.stderr.write(
                f"inference: the process of model {name} {how}: the server ends, so that it is restarted\n"
            )
            sys.stderr.flush()
            self._stop()

    def _end_models(self) -> None:
        for handle in self._models:
            if not _ends(handle, _OWN_END_MS):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        for region in self._regions:
            region.unlink(missing_ok=True)

    def _stop(self) -> None:
        # SIGKILL first, so that clients' streams break at once and not after the server's grace period. The first
        # process of a container ignores SIGKILL from inside the container, but not SIGTERM.
        for number in (signal.SIGKILL, signal.SIGTERM):
            signal.pidfd_send_signal(self._server_handle, number)
            if _ends(self._server_handle, _STOP_MS):
                return


def main() -> None:
    """Watch the process that started this one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Guard(os.getppid()).run()


if __name__ == "__main__":
    main()
