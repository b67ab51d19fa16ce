"""Runs a child process, reads its output, and stops it with all its descendants."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import psutil

from deploy.local import parent_death
from deploy.local.part import Part
from deploy.local.settings import ROOT

MARK = "_CALLBOX_PART"

_CHUNK_BYTES = 65_536
_LINE_CHARACTERS = 16_384
_POLL_SECONDS = 0.05
_SWEEP_SECONDS = 2.0
_LAST_LINES_SECONDS = 1.0


class Process:
    """A running part.

    Its descendants have `MARK` in their environment. By it they are found even if they left the session and the process
    group and their parent has ended.
    """

    def __init__(self, part: Part, mark: str, on_line: Callable[[str], None]) -> None:
        """Starts the process.

        Raises: OSError if the command cannot be run.
        """
        self.part = part
        self._mark = mark
        uid, gid = part.owner or (-1, -1)
        self._popen = subprocess.Popen(
            [*parent_death.tied(part.orphan_signal, uid, gid), *part.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**part.environ, MARK: mark},
            cwd=ROOT,
            start_new_session=True,
        )
        self.started = time.monotonic()
        assert self._popen.stdout is not None
        self._reader = asyncio.create_task(_read_lines(self._popen.stdout, on_line), name=f"lines-{part.name}")

    @property
    def pid(self) -> int:
        """Process id of the part itself."""
        return self._popen.pid

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def signal(self, number: int) -> None:
        """Sends a signal to the part itself, not to its descendants."""
        self._popen.send_signal(number)

    async def wait(self) -> int:
        """Waits for the end of the part itself; its descendants may still run. Returns the exit status."""
        try:
            watch = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            while self._popen.poll() is None:  # noqa: ASYNC110 - this kernel has no pidfd
                await asyncio.sleep(_POLL_SECONDS)
            return self._popen.poll() or 0
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(watch, ended.set)
        try:
            while (status := self._popen.poll()) is None:
                await ended.wait()
                ended.clear()
            return status
        finally:
            loop.remove_reader(watch)
            os.close(watch)

    async def stop(self) -> None:
        """Sends the stop signal, waits for the grace period, then kills the part and its descendants."""
        family = family_of(self.pid)
        if self._popen.poll() is None:
            self.signal(self.part.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), self.part.grace_seconds)
        await self.close(family)

    async def close(self, family: Iterable[int] = ()) -> None:
        """Kills the part and its descendants if they still run, and stops reading their output."""
        if self._popen.poll() is None:
            self._popen.kill()
            await self.wait()
        await kill_all(f"{self._mark}\0", self.pid, family)
        self.part.clean_up()
        # All writers of the pipe are dead, so the reader reaches its end.
        await asyncio.wait([self._reader], timeout=_LAST_LINES_SECONDS)
        await cancel(self._reader)
        assert self._popen.stdout is not None
        self._popen.stdout.close()


def family_of(pid: int) -> set[int]:
    """Process ids of all descendants; empty if the process has ended."""
    try:
        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except psutil.NoSuchProcess:
        return set()


def find_processes(mark: str, session: int = -1) -> set[int]:
    """Running processes whose mark begins with `mark`, or that belong to the session."""
    needle = f"{MARK}={mark}".encode()
    found = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - called often; Path objects for hundreds of entries are slow
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            pid = int(entry)
            if (os.getsid(pid) == session or needle in _read(f"/proc/{entry}/environ")) and is_alive(pid):
                found.add(pid)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        return file.read()


async def kill_all(mark: str, session: int = -1, family: Iterable[int] = ()) -> int:
    """Kills all processes that have the mark, are in the session or in the family, until none is left.

    Returns the number of killed processes.
    """
    killed: set[int] = set()
    give_up = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < give_up:
        alive = find_processes(mark, session).union(filter(is_alive, family))
        if not alive:
            break
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        await asyncio.sleep(0.02)
    return len(killed)


async def _read_lines(pipe: IO[bytes], on_line: Callable[[str], None]) -> None:
    """Calls `on_line` for each line, cut to `_LINE_CHARACTERS`."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        rest = b""
        while chunk := await reader.read(_CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LINE_CHARACTERS:
                lines.append(rest)
                rest = b""
            for line in lines:
                on_line(line[:_LINE_CHARACTERS].decode(errors="replace").rstrip())
        if rest:
            on_line(rest.decode(errors="replace").rstrip())
    finally:
        transport.close()


async def cancel(task: asyncio.Task[None]) -> None:
    """Cancels a task and waits for its end. A cancellation of the caller is passed on.

    Raises: what the task raised.
    """
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def end_process(process: asyncio.subprocess.Process, seconds: float) -> None:
    """Sends SIGTERM to a process and waits; kills it if it still runs after `seconds`."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def last_lines(log: Path) -> str:
    """The last 15 lines of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
