"""Restarts a model of a tritonserver whose process has died. Ends the server when that does not help.

tritonserver never restarts the process of a decoupled model: the server stays `ready`, open streams get no more data,
and each new request waits a second for an error. So this program unloads and loads that model. The other models and
their streams go on. When the model cannot be loaded, or keeps dying, the server ends, so that its supervisor or
container restarts it.

Also ends model processes that outlive their server (a process that waits for the server with the GIL held cannot end
itself), and removes the shared memory that a killed server leaves behind.

This program runs as a child of the server until the server ends: `python -I -S process_watch.py HTTP_ADDRESS`, with the
key of Triton's model control in KEY_VARIABLE. It needs only the standard library and little memory.
"""

import os
import select
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

# The environment variable with the key, and the header that carries it.
KEY_VARIABLE = "CALLBOX_MODEL_CONTROL_KEY"
KEY_HEADER = "callbox-model-control-key"

_LOOK_MS = 500
# Loading takes 1 to 5 s on free cores, and many times that on a crowded machine.
_UNLOAD_SECONDS, _LOAD_SECONDS = 10.0, 120.0
# When a model's process dies this often within this time, the server ends.
MOST_DEATHS, _DEATHS_SECONDS = 3, 300.0
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


class ModelControl:
    """Unloads and loads models over Triton's HTTP port. address: HOST:PORT. key: of Triton's restricted API."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._headers = {KEY_HEADER: key}

    def restart(self, model: str) -> str | None:
        """Unload a model and load it with a new process. Returns why that failed; None when the model serves again."""
        return self._post(model, "unload", _UNLOAD_SECONDS) or self._post(model, "load", _LOAD_SECONDS)

    def _post(self, model: str, action: str, seconds: float) -> str | None:
        # Imported when it is needed: it takes more memory than the rest of this program.
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection(self._address, timeout=seconds)
        try:
            connection.request("POST", f"/v2/repository/models/{model}/{action}", "{}", self._headers)
            answer = connection.getresponse()
            text = answer.read(2_000).decode(errors="replace")
        except (OSError, HTTPException) as problem:
            return f"{action}: {problem!r}"
        finally:
            connection.close()
        return None if answer.status == 200 else f"{action}: HTTP {answer.status} {text}"


def _log(line: str) -> None:
    sys.stderr.write(f"inference: {line}\n")
    sys.stderr.flush()


class Guard:
    """Watches a server and its model processes."""

    def __init__(self, server: int, control: ModelControl) -> None:
        self._server = server
        self._control = control
        self._deaths: defaultdict[str, list[float]] = defaultdict(list)
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
        # A server that could not load a model ends by itself.
        if how is not None and not _ends(self._server_handle, _OWN_END_MS):
            self._restart(name, f"the process of model {name} {how}")

    def _restart(self, name: str, what: str) -> None:
        now = time.monotonic()
        recent = [each for each in self._deaths[name] if now - each < _DEATHS_SECONDS]
        self._deaths[name] = [*recent, now]
        if len(recent) + 1 >= MOST_DEATHS:
            _log(f"{what}, {MOST_DEATHS} times within {_DEATHS_SECONDS:g} s: the server ends, so that it is restarted")
            self._stop()
            return
        _log(f"{what}: the model is loaded again, the other models go on")
        problem = self._control.restart(name)
        if problem is None:
            _log(f"model {name} serves again after {time.monotonic() - now:.1f} s")
        elif not _ends(self._server_handle, 0):
            _log(f"model {name} could not be loaded again ({problem}): the server ends, so that it is restarted")
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
    """Watch the process that started this one. Its HTTP address is the only argument."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Guard(os.getppid(), ModelControl(sys.argv[1], os.environ.pop(KEY_VARIABLE))).run()


if __name__ == "__main__":
    main()
