"""A child process with all that it starts: followed, read, and ended to the last one."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import psutil

from deploy.local.part import Part
from deploy.local.settings import ROOT

MARK = "_CALLBOX_PART"

_PARENT_DEATH = Path(__file__).with_name("parent_death.py")
_CHUNK_BYTES = 65_536
_LINE_CHARACTERS = 16_384
_POLL_SECONDS = 0.05
_SWEEP_SECONDS = 2.0
_LAST_LINES_SECONDS = 1.0


class Process:
    """A running part.

    Its descendants carry `MARK` in their environment, so they are found even when they left its session and its
    group and their parent is gone.
    """

    def __init__(self, part: Part, mark: str, on_line: Callable[[str], None]) -> None:
        """Starts the process.

        Raises: OSError when the command cannot be run.
        """
        self.part = part
        self._mark = mark
        uid, gid = part.owner or (-1, -1)
        wrapper = [sys.executable, "-I", "-S", str(_PARENT_DEATH)]
        self._popen = subprocess.Popen(
            [*wrapper, str(os.getpid()), str(int(part.orphan_signal)), str(uid), str(gid), *part.argv],
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
        """Signals the part itself, not its descendants."""
        self._popen.send_signal(number)

    async def wait(self) -> int:
        """Waits for the end of the part itself, whoever still holds its output. Returns the exit status."""
        try:
            watch = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            while self._popen.poll() is None:  # noqa: ASYNC110 - the kernel has no event for it here
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
        """Asks the part to end, gives it its grace, then kills it and all that it started."""
        family = family_of(self.pid)
        if self._popen.poll() is None:
            self.signal(self.part.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), self.part.grace_seconds)
        await self.close(family)

    async def close(self, family: Iterable[int] = ()) -> None:
        """Kills what is left of the part and its descendants, and stops reading them."""
        if self._popen.poll() is None:
            self._popen.kill()
            await self.wait()
        await kill_all(f"{self._mark}\0", self.pid, family)
        # Nobody holds the pipe any more, so what was written last is read to its end.
        await asyncio.wait([self._reader], timeout=_LAST_LINES_SECONDS)
        await cancel(self._reader)
        assert self._popen.stdout is not None
        self._popen.stdout.close()


def family_of(pid: int) -> set[int]:
    """Descendants of a process; empty when it is gone."""
    try:
        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except psutil.NoSuchProcess:
        return set()


def find_processes(mark: str, session: int = -1) -> set[int]:
    """Living processes whose mark begins so, or that are in this session."""
    needle = f"{MARK}={mark}".encode()
    found = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - hundreds of entries, read while cores are short
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            pid = int(entry)
            if (os.getsid(pid) == session or needle in _read(f"/proc/{entry}/environ")) and is_alive(pid):
                found.add(pid)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and more than a zombie."""
    try:
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        return file.read()


async def kill_all(mark: str, session: int = -1, family: Iterable[int] = ()) -> int:
    """Kills what carries the mark, is in the session or belongs to the family, until none of it lives.

    Returns how many were killed.
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
    """Hands on each line; one longer than `_LINE_CHARACTERS` is cut."""
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
    """Cancels a task and waits for its end; being cancelled oneself is not swallowed.

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
