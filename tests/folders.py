"""Prints how long each folder of tests took."""

import time
from collections import defaultdict
from pathlib import Path

import pytest

_seconds: dict[str, float] = defaultdict(float)
_tests: dict[str, int] = defaultdict(int)
_last = {"end": 0.0}


def pytest_runtest_logstart() -> None:
    _last["end"] = _last["end"] or time.monotonic()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(location: tuple[str, int | None, str]) -> None:
    """Counts from the end of the test before, so that fixtures of a whole folder are counted with it."""
    folder = str(Path(location[0]).parent)
    now = time.monotonic()
    _seconds[folder] += now - _last["end"]
    _tests[folder] += 1
    _last["end"] = now


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if len(_seconds) > 1:
        terminalreporter.section("time of each folder")
        for folder, seconds in _seconds.items():
            terminalreporter.write_line(f"{folder:<16} {_tests[folder]:>4} tests {seconds:>7.1f} s")
