"""The age of an engine's step: a crowded machine does not make a slow step a hung one."""

import threading
from pathlib import Path

import pytest

from services.inference.adapters.step_age import CoreWait, Step


def _write(tasks: Path, waits_seconds: dict[str, float]) -> None:
    for name, seconds in waits_seconds.items():
        (tasks / name).mkdir(exist_ok=True)
        (tasks / name / "schedstat").write_text(f"5000000 {round(seconds * 1e9)} 12\n")


def test_the_longest_wait_of_a_thread_since_the_last_look_is_measured(tmp_path: Path) -> None:
    _write(tmp_path, {"1": 7.0, "2": 1.0})
    wait = CoreWait(tmp_path)
    assert wait.seconds() == 0.0
    _write(tmp_path, {"1": 7.1, "2": 1.4, "3": 9.0})
    assert wait.seconds() == pytest.approx(0.4), "a new thread counts from the next look on"
    assert wait.seconds() == 0.0


def test_the_thread_that_looks_does_not_count(tmp_path: Path) -> None:
    own = str(threading.get_native_id())
    _write(tmp_path, {own: 1.0})
    wait = CoreWait(tmp_path)
    wait.seconds()
    _write(tmp_path, {own: 2.0})
    assert wait.seconds() == 0.0


def test_without_schedstat_files_there_is_no_wait(tmp_path: Path) -> None:
    assert CoreWait(tmp_path / "absent").seconds() == 0.0


def test_this_kernel_has_schedstat_files() -> None:
    threads = list(Path("/proc/self/task").glob("*/schedstat"))
    assert threads
    assert all(len(path.read_text().split()) == 3 for path in threads)


def test_a_step_does_not_age_while_its_process_waits_for_a_core() -> None:
    step = Step()
    for _ in range(100):
        step.grow(0.5, 0.45)
    assert step.age_seconds == pytest.approx(5.0)
    assert step.total_seconds == pytest.approx(50.0)


def test_a_wait_that_the_kernel_reports_late_is_subtracted_then() -> None:
    step = Step()
    for _ in range(10):
        step.grow(0.5, 0.0)
    step.grow(0.5, 5.0)
    assert step.age_seconds == pytest.approx(0.5)
    step.grow(0.5, 5.0)
    assert step.age_seconds == 0.0
