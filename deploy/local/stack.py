"""All parts of Callbox as one object, for `callbox up`, tests and benchmarks.

async with Stack(isolated(tmp_path)) as stack:
    await call(stack.base_url, stack.demo["api_key"])
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any, Self, TextIO

import psutil

from deploy.local.logs import Lines
from deploy.local.parts import build_parts
from deploy.local.ports import check_ports, pick_ports, ports_of
from deploy.local.process import kill_all
from deploy.local.secret import Secrets
from deploy.local.seed import Demo, character, read_demo, seed
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Supervisor
from deploy.local.warm_up import warm_up

_STATE = "run.json"
# Ends of the names of variables and fields that hold a secret.
_SECRET_NAMES = ("KEY", "PASSWORD", "SECRET", "TOKEN")


class AlreadyRunning(Exception):
    """Another stack uses the data folder; the message says which one and what to do."""


def isolated(folder: Path, **changes: Any) -> LocalSettings:
    """Settings of a separate stack: this data folder and free ports. changes: fields of `LocalSettings`."""
    names = [port.setting for port in ports_of(LocalSettings.model_construct())]
    return LocalSettings.model_validate(
        {"data_dir": folder, **dict(zip(names, pick_ports(len(names)), strict=True)), **changes}
    )


class Stack:
    """Starts all parts, waits until they are ready, makes the demo account, and stops all processes."""

    def __init__(
        self,
        settings: LocalSettings,
        *,
        environ: Mapping[str, str] | None = None,
        output: TextIO | None = None,
        only: Collection[str] = (),
        seeded: bool = True,
    ) -> None:
        """environ: variables for the services beside the settings (default: the process's own without `CALLBOX_`).

        output: where a person reads the progress, calls and faults. The output of each part goes to
        `<data folder>/logs/<part>.log`. only: names of the parts to start, default all; the demo is seeded only when
        all are.
        """
        self.settings = settings
        self.folder = settings.folder
        self.lines = Lines(settings.logs_folder, output, form=settings.log_format)
        self._environ = {k: v for k, v in os.environ.items() if not k.startswith("CALLBOX_")} | dict(environ or {})
        self._only = frozenset(only)
        self._seeded = seeded and not only
        self._supervisor: Supervisor | None = None
        self._demo: Demo | None = None
        self._lock: IO[str] | None = None

    @property
    def base_url(self) -> str:
        """URL of the gateway."""
        return self.settings.base_url

    @property
    def demo(self) -> Demo:
        """The seeded account: base_url, email, password, api_key, character.

        Raises: RuntimeError when nothing was seeded.
        """
        if self._demo is None:
            raise RuntimeError("This stack was started without the demo account.")
        return self._demo

    async def __aenter__(self) -> Self:
        """Starts the stack. If that fails, everything is stopped again."""
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stops the stack."""
        await self.stop()

    async def start(self) -> None:
        """Starts every part and waits until all are ready.

        Raises: AlreadyRunning, PortsTaken, NotReady, StartFailed, SeedFailed.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_lock()
        if left := await kill_all(self._mark):
            self.lines.tell(f"killed {left} processes of the last run")
        check_ports(self.settings)
        secrets = Secrets(self.folder, self.lines.hide)
        secrets.make()
        self._hide(self._environ)
        self._hide(read_demo(self.settings) or {})
        parts = build_parts(self.settings, secrets, self._environ, self._only)
        self.lines.tell(f"starting {len(parts)} parts; log files: {self.lines.folder}")
        self._supervisor = Supervisor(parts, self._mark, self.lines, self._save)
        await self._supervisor.start()
        if self._seeded:
            self._demo = await seed(self.settings)
            self._hide(self._demo)
            await self._warm_up(secrets)

    async def _warm_up(self, secrets: Secrets) -> None:
        if not self.settings.runs_local_llm:
            return
        demo = character(self.settings)
        if fault := await warm_up(self.settings, secrets.password("llm"), demo["system_prompt"], demo["greeting"]):
            self.lines.tell(f"the language model did not read ahead ({fault}): the first answer may be slow")

    async def stop(self) -> None:
        """Stops all parts within about ten seconds, even if they hang."""
        began = time.monotonic()
        if self._supervisor is not None:
            await self._supervisor.stop()
            self._supervisor = None
            self.lines.tell(f"all parts have stopped after {time.monotonic() - began:.1f} s")
        if self._lock is not None:
            await kill_all(self._mark)
            (self.folder / _STATE).unlink(missing_ok=True)
        self.lines.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def parts(self) -> list[str]:
        """Names of the parts."""
        return list(self._running.keepers)

    def pid(self, name: str) -> int:
        """Process id of a part.

        Raises: RuntimeError while it does not run.
        """
        process = self._running[name].process
        if process is None:
            raise RuntimeError(f"{name} does not run at this moment.")
        return process.pid

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Sends a signal to a part; the supervisor restarts it if it ends."""
        os.kill(self.pid(name), number)

    async def stop_part(self, name: str) -> None:
        """Stops a part until it is started again."""
        await self._running[name].stop()

    async def start_part(self, name: str, seconds: float | None = None) -> None:
        """Starts a part that was stopped and waits until it is ready."""
        self._running[name].start()
        await self.wait_ready(name, seconds)

    async def restart(self, name: str, seconds: float | None = None) -> None:
        """Restarts a part and waits until it is ready."""
        await self.stop_part(name)
        await self.start_part(name, seconds)

    async def wait_ready(self, name: str, seconds: float | None = None) -> None:
        """Waits until a part is ready.

        Raises: StartFailed.
        """
        await self._running[name].wait_ready(seconds)

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("This stack does not run.")
        return self._supervisor

    @property
    def _mark(self) -> str:
        return f"{self.folder}:"

    def _hide(self, values: Mapping[str, Any]) -> None:
        """Keeps values with the name of a secret out of the logs."""
        for name, value in values.items():
            if name.upper().endswith(_SECRET_NAMES):
                self.lines.hide(str(value))

    def _take_lock(self) -> None:
        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            pid = read_state(self.folder).get("pid", "unknown")
            raise AlreadyRunning(
                f"Callbox already runs from {self.folder} (process {pid}). Stop it, or set CALLBOX_DATA_DIR and the "
                "ports to start a second one."
            ) from None
        self._lock = lock

    def _save(self) -> None:
        """Writes the state of all parts to a file, for `callbox doctor`."""
        keepers = self._supervisor.keepers.values() if self._supervisor else ()
        parts = {
            keeper.part.name: {
                "pid": keeper.process.pid,
                "ready": keeper.ready.is_set(),
                "ready_seconds": round(keeper.ready_seconds, 2),
                "starts": keeper.starts,
            }
            for keeper in keepers
            if keeper.process is not None
        }
        draft = self.folder / f".{_STATE}"
        draft.write_text(json.dumps({"pid": os.getpid(), "base_url": self.base_url, "parts": parts}))
        draft.replace(self.folder / _STATE)


def read_state(folder: Path) -> dict[str, Any]:
    """State of the stack that runs from a data folder: pid, base_url, parts; empty if none runs."""
    try:
        state: dict[str, Any] = json.loads((folder / _STATE).read_text())
        return state if psutil.pid_exists(int(state["pid"])) else {}
    except (OSError, ValueError, KeyError):
        return {}
