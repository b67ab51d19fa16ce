"""Keeps all parts running: starts them by their dependencies, restarts them with backoff, stops them in stages."""

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import groupby

from deploy.local.logs import Lines
from deploy.local.part import NotReady, Part
from deploy.local.process import Process, cancel

_FIRST_DELAY_SECONDS = 0.25
_LAST_DELAY_SECONDS = 10.0
# The restart delay starts over after a part has run this long.
_WELL_SECONDS = 20.0
_PROBE_SECONDS = 0.05
_SLOWEST_PROBE_SECONDS = 0.3
# Gives up on a part that ends this often before it was ever ready.
_START_TRIES = 5

_PROGRESS_SECONDS = 10.0
_LINES_OF_A_DEAD_PART = 5
_SHOWN_CHARACTERS = 300


class StartFailed(Exception):
    """A part did not start; the message ends with its last log lines."""


class Keeper:
    """Supervises one part."""

    def __init__(self, part: Part, mark: str, lines: Lines, changed: Callable[[], None]) -> None:
        self.part = part
        self.process: Process | None = None
        self.ready = asyncio.Event()
        self.ready_seconds = 0.0
        self.starts = 0
        self._mark = mark
        self._lines = lines
        self._changed = changed
        self._gave_up = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts the part, and restarts it whenever it ends."""
        if self._task is None:
            self._stopping = False
            self._task = asyncio.create_task(self._keep(), name=f"keep-{self.part.name}")

    async def stop(self) -> None:
        """Stops the part until `start` is called."""
        self._stopping = True
        if self.process is not None:
            await self.process.stop()
        if self._task is not None:
            await cancel(self._task)
            self._task = self.process = None

    async def wait_ready(self, seconds: float | None = None) -> None:
        """Waits until the part is ready.

        Raises: StartFailed when it does not come up in `seconds` (default: the part's own).
        """
        events = [asyncio.create_task(event.wait()) for event in (self.ready, self._gave_up)]
        limit = self.part.start_seconds if seconds is None else seconds
        try:
            await asyncio.wait(events, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for event in events:
                event.cancel()
            await asyncio.wait(events)
        if not self.ready.is_set():
            what = f"ended {_START_TRIES} times" if self._gave_up.is_set() else f"was not ready within {limit:g} s"
            raise StartFailed(f"{self.part.name} {what}. {self._last_lines(15)}")

    async def _keep(self) -> None:
        delay = _FIRST_DELAY_SECONDS
        early_ends = 0
        while True:
            was_ready, age, ending = await self._run_once()
            self._changed()
            if self._stopping:
                return
            early_ends = 0 if was_ready else early_ends + 1
            if early_ends >= _START_TRIES:
                self._gave_up.set()
            delay = _FIRST_DELAY_SECONDS if age > _WELL_SECONDS else delay
            last = self._last_lines(_LINES_OF_A_DEAD_PART)
            self._lines.tell(f"{self.part.name} {ending}; starts again in {delay:g} s. {last}", fault=True)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LAST_DELAY_SECONDS)

    async def _run_once(self) -> tuple[bool, float, str]:
        """Runs the part until it ends. Returns: whether it was ready, its age in seconds, how it ended."""
        name = self.part.name
        began = time.monotonic()
        try:
            await self.part.prepare()
            process = self.process = Process(self.part, self._mark, lambda line: self._lines(name, line))
        except (OSError, NotReady) as fault:
            self._lines(name, str(fault))
            return False, 0.0, "cannot be started"
        self.starts += 1
        self._changed()
        probe = asyncio.create_task(self._probe(began), name=f"probe-{name}")
        try:
            status = await process.wait()
            return self.ready.is_set(), process.age, _ending(status)
        finally:
            self.ready.clear()
            await cancel(probe)
            await process.close()
            self.process = None

    async def _probe(self, began: float) -> None:
        missing = ""
        told = False
        pause = _PROBE_SECONDS
        while True:
            try:
                await self.part.ready()
            except NotReady as fault:
                missing = str(fault)
            else:
                break
            if not told and time.monotonic() - began > self.part.start_seconds / 2:
                self._lines.tell(f"{self.part.name} is not ready yet: {missing}")
                told = True
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, _SLOWEST_PROBE_SECONDS)
        self.ready_seconds = time.monotonic() - began
        self.ready.set()
        self._gave_up.clear()
        if self.starts > 1:
            self._lines.tell(f"{self.part.name} is ready again after {self.ready_seconds:.1f} s")
        self._changed()

    def _last_lines(self, count: int) -> str:
        name = self.part.name
        tail = "\n".join(f"    {line[:_SHOWN_CHARACTERS]}" for line in self._lines.tail(name, count))
        return f"The end of {self._lines.path(name)}:\n{tail or '    (no output)'}"


class Supervisor:
    """All parts of one stack."""

    def __init__(
        self, parts: Sequence[Part], mark: str, lines: Lines, changed: Callable[[], None] = lambda: None
    ) -> None:
        """mark: prefix of the mark of all processes. changed: called after each start, readiness and end."""
        self.keepers = {part.name: Keeper(part, f"{mark}{part.name}", lines, changed) for part in parts}
        self._lines = lines
        self._ready_parts = 0

    async def start(self) -> None:
        """Starts each part when the parts it needs are ready, waits for all, and tells the progress.

        Raises: StartFailed for the first part that does not come up.
        """
        progress = asyncio.create_task(self._tell_progress(), name="progress")
        try:
            async with asyncio.TaskGroup() as starting:
                for keeper in self.keepers.values():
                    starting.create_task(self._start(keeper))
        except* StartFailed as faults:
            raise faults.exceptions[0] from None
        finally:
            await cancel(progress)

    async def _tell_progress(self) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(_PROGRESS_SECONDS)
            waiting = ", ".join(name for name, keeper in self.keepers.items() if not keeper.ready.is_set())
            self._lines.tell(f"waiting for {waiting} ({time.monotonic() - began:.0f} s so far)")

    async def _start(self, keeper: Keeper) -> None:
        for name in keeper.part.needs:
            await self.keepers[name].ready.wait()
        keeper.start()
        await keeper.wait_ready()
        self._ready_parts += 1
        progress = f"({self._ready_parts} of {len(self.keepers)})"
        self._lines.tell(f"{keeper.part.name:<10} ready after {keeper.ready_seconds:4.1f} s  {progress}")

    async def stop(self) -> None:
        """Stops the parts stage by stage, the highest first."""
        by_stage = sorted(self.keepers.values(), key=lambda keeper: -keeper.part.stage)
        for _, stage in groupby(by_stage, key=lambda keeper: keeper.part.stage):
            async with asyncio.TaskGroup() as stopping:
                for keeper in stage:
                    stopping.create_task(keeper.stop())

    def __getitem__(self, name: str) -> Keeper:
        """The keeper of a part."""
        try:
            return self.keepers[name]
        except KeyError:
            raise KeyError(f"There is no part {name!r}; parts are {', '.join(self.keepers)}.") from None


def _ending(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
