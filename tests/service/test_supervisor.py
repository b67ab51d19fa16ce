"""The supervisor over real processes: those that die, hang, hide their children, or lose their supervisor."""

import asyncio
import io
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from deploy.local.logs import Lines
from deploy.local.part import NotReady, Part, Probe
from deploy.local.settings import ROOT
from deploy.local.supervisor import StartFailed, Supervisor
from tests.fixtures.stopwatch import Stopwatch

SLEEP = "import time; time.sleep(600)"
# A child in a session of its own whose parent does not wait for it.
HIDDEN_CHILD = (
    "import pathlib, subprocess, sys, time;"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True);"
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(600)"
)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


async def at_once() -> None:
    return None


def when_there(path: Path) -> Probe:
    async def probe() -> None:
        if not path.exists() or not path.read_text():
            raise NotReady(f"{path} is not there")

    return probe


def part(name: str, code: str, *words: str, ready: Probe = at_once, **more: object) -> Part:
    options = {"grace_seconds": 0.4, "start_seconds": 20.0, **more}
    argv = (sys.executable, "-I", "-S", "-c", code, *words)
    return Part(name=name, argv=argv, environ=dict(os.environ), ready=ready, **options)  # type: ignore[arg-type]


class Output:
    """What a person reads, and the log files. folder: of the test."""

    folder: ClassVar[Path]

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.lines = Lines(self.folder, self.stream)

    def text(self) -> str:
        return self.stream.getvalue()

    def log(self, part: str) -> str:
        path = self.lines.path(part)
        return path.read_text() if path.exists() else ""


@pytest.fixture(autouse=True)
def _logs(tmp_path: Path) -> None:
    Output.folder = tmp_path / "logs"


@asynccontextmanager
async def supervised(*parts: Part, output: Output | None = None) -> AsyncIterator[Supervisor]:
    output = output or Output()
    supervisor = Supervisor(parts, f"test-{os.getpid()}-{time.monotonic_ns()}:", output.lines)
    try:
        await supervisor.start()
        yield supervisor
    finally:
        await supervisor.stop()
        output.lines.close()


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def pid_of(supervisor: Supervisor, name: str) -> int:
    process = supervisor[name].process
    assert process is not None
    return process.pid


async def test_a_killed_part_is_started_again() -> None:
    async with supervised(part("one", SLEEP)) as supervisor:
        first = pid_of(supervisor, "one")
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor["one"].starts == 2 and supervisor["one"].ready.is_set())
        assert pid_of(supervisor, "one") != first
    assert not is_alive(first)


async def test_the_delay_between_restarts_grows() -> None:
    output = Output()
    async with supervised(part("one", "print('short')"), output=output) as supervisor:
        await until(lambda: supervisor["one"].starts >= 4)
    delays = re.findall(r"starts again in (\S+) s\.", output.text())
    assert delays[:3] == ["0.25", "0.5", "1"]
    assert output.log("one").startswith("short\nshort\n")


async def test_a_part_that_dies_is_told_with_the_end_of_its_log_and_the_path() -> None:
    output = Output()
    code = "import sys, time; print(*range(20), sep='\\n', flush=True); time.sleep(600)"
    async with supervised(part("one", code), part("two", SLEEP), output=output) as supervisor:
        await until(lambda: output.log("one").endswith("19\n"))
        os.kill(pid_of(supervisor, "one"), signal.SIGKILL)
        await until(lambda: "one is ready again" in output.text())
    told = [line[10:] for line in output.text().splitlines()]
    at = told.index(f"FAULT one was killed by signal 9; starts again in 0.25 s. The end of {output.lines.path('one')}:")
    assert [line.strip() for line in told[at + 1 : at + 7]] == ["15", "16", "17", "18", "19", told[at + 6]]
    assert told[at + 6].startswith("one is ready again after ")
    assert "FAULT" not in "".join(told[at + 7 :])


async def test_the_start_is_told_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.supervisor._PROGRESS_SECONDS", 0.2)
    note = tmp_path / "slow"
    write = f"import pathlib, sys, time; time.sleep(0.8); pathlib.Path(sys.argv[1]).write_text('x'); {SLEEP}"
    output = Output()
    async with supervised(part("quick", SLEEP), part("slow", write, str(note), ready=when_there(note)), output=output):
        await until(lambda: "(2 of 2)" in output.text())
    told = [line[10:] for line in output.text().splitlines()]
    assert re.fullmatch(r"quick      ready after  0\.\d s  \(1 of 2\)", told[0])
    assert re.fullmatch(r"waiting for slow \(\d s so far\)", told[-2])
    assert re.fullmatch(r"slow       ready after  \d\.\d s  \(2 of 2\)", told[-1])


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_what_a_part_leaves_behind_is_cleaned_up_after_its_end(how: str, tmp_path: Path) -> None:
    note = tmp_path / "left"
    write = f"import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('x'); {SLEEP}"
    dead: list[bool] = []

    def clean_up() -> None:
        dead.append(not is_alive(pid))
        note.unlink(missing_ok=True)

    one = part("one", write, str(note), ready=when_there(note), clean_up=clean_up)
    async with supervised(one) as supervisor:
        pid = pid_of(supervisor, "one")
        if how == "kill":
            os.kill(pid, signal.SIGKILL)
            await until(lambda: bool(dead))
    assert dead[0]
    assert not note.exists()


async def test_a_part_that_never_comes_up_fails_the_start_with_its_last_words() -> None:
    broken = part("broken", "raise SystemExit('the disk is full')", ready=when_there(Path("/nonexistent")))
    with pytest.raises(StartFailed, match="broken ended 5 times") as caught:
        async with supervised(part("well", SLEEP), broken):
            pytest.fail("it must not start")
    assert "the disk is full" in str(caught.value)


async def test_a_part_that_is_never_ready_fails_the_start_in_time() -> None:
    slow = part("slow", SLEEP, ready=when_there(Path("/nonexistent")), start_seconds=0.5)
    watch = Stopwatch()
    with pytest.raises(StartFailed, match=r"slow was not ready within 0\.5 s"):
        async with supervised(slow):
            pytest.fail("it must not start")
    assert watch.seconds() < 4


async def test_a_command_that_is_not_there_fails_the_start() -> None:
    missing = Part(name="missing", argv=("/nonexistent/tool",), environ={}, ready=when_there(Path("/nonexistent")))
    with pytest.raises(StartFailed, match="missing ended 5 times"):
        async with supervised(missing):
            pytest.fail("it must not start")


@pytest.mark.parametrize("freeze", [False, True], ids=["deaf", "frozen"])
async def test_a_part_that_hangs_is_killed_after_its_grace(freeze: bool) -> None:
    output = Output()
    async with supervised(part("hung", DEAF), output=output) as supervisor:
        pid = pid_of(supervisor, "hung")
        await until(lambda: "deaf" in output.log("hung"))
        if freeze:
            os.kill(pid, signal.SIGSTOP)
        watch = Stopwatch()
    assert watch.seconds() < 3
    assert not is_alive(pid)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_hidden_grandchildren_end_with_their_part(how: str, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    async with supervised(part("parent", HIDDEN_CHILD, str(note), ready=when_there(note))) as supervisor:
        grandchild = int(note.read_text())
        assert is_alive(grandchild)
        if how == "kill":
            note.unlink()
            os.kill(pid_of(supervisor, "parent"), signal.SIGKILL)
            await until(lambda: supervisor["parent"].starts == 2)
        else:
            await supervisor["parent"].stop()
        assert not is_alive(grandchild)


async def test_a_stopped_part_stays_down_until_it_is_started() -> None:
    async with supervised(part("one", SLEEP)) as supervisor:
        keeper = supervisor["one"]
        await keeper.stop()
        assert keeper.process is None
        assert not keeper.ready.is_set()
        await asyncio.sleep(0.6)
        assert keeper.starts == 1
        keeper.start()
        await keeper.wait_ready()
        assert keeper.starts == 2


async def test_a_part_waits_for_what_it_needs(tmp_path: Path) -> None:
    note = tmp_path / "first"
    write = f"import pathlib, sys, time; time.sleep(0.3); pathlib.Path(sys.argv[1]).write_text('x'); {SLEEP}"
    look = f"import pathlib, sys; assert pathlib.Path(sys.argv[1]).exists(); {SLEEP}"
    first = part("first", write, str(note), ready=when_there(note))
    async with supervised(part("second", look, str(note), needs=("first",)), first) as supervisor:
        assert supervisor["second"].starts == 1


async def test_the_highest_stage_is_stopped_first() -> None:
    output = Output()
    code = (
        "import signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [15]);"
        "print(sys.argv[1], 'up', flush=True); signal.sigwait([15]); print(sys.argv[1], 'ends')"
    )
    async with supervised(part("low", code, "low", stage=0), part("high", code, "high", stage=1), output=output):
        await until(lambda: [output.log("low"), output.log("high")] == ["low up\n", "high up\n"])
    assert (output.log("low"), output.log("high")) == ("low up\nlow ends\n", "high up\nhigh ends\n")
    assert output.lines.path("high").stat().st_mtime_ns < output.lines.path("low").stat().st_mtime_ns


async def test_a_very_long_line_is_cut_and_the_rest_is_read() -> None:
    output = Output()
    code = f"print('x' * 300_000, flush=True); print('after', flush=True); {SLEEP}"
    async with supervised(part("loud", code), output=output):
        await until(lambda: "after" in output.log("loud"))
    assert max(len(line) for line in output.log("loud").splitlines()) < 20_000


async def test_parts_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
import asyncio, os, sys, pathlib
from deploy.local.logs import Lines
from deploy.local.part import Part
from deploy.local.supervisor import Supervisor

async def ready():
    return None

async def main():
    one = Part(name="one", argv=(sys.executable, "-c", {SLEEP!r}), environ=dict(os.environ), ready=ready)
    supervisor = Supervisor([one], "orphan-test:", Lines(pathlib.Path({str(tmp_path)!r})))
    await supervisor.start()
    pathlib.Path({str(note)!r}).write_text(str(supervisor["one"].process.pid))
    await asyncio.sleep(600)

asyncio.run(main())
"""
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: note.exists() and note.read_text() != "", seconds=20)
        pid = int(note.read_text())
        assert is_alive(pid)
    finally:
        supervisor.kill()
        await supervisor.wait()
    await until(lambda: not is_alive(pid), seconds=3)
