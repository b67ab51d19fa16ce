"""Prints at the end how long each folder took, which tests took longest, and which slow ones do not say why.

Works with and without pytest-xdist: the process that reports hears of every test's start, reports and end.
`python -m tests.folders FILE…` prints one table of several runs, from what each wrote to $TEST_FIGURES.
"""

import inspect
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

_SLOWEST, _SHOWN_SECONDS = 20, 0.1
_SHOWN_CHARACTERS, _SHOWN_ERRORS = 300, 8
_ERROR_IN_GROUP = re.compile(r"^[ |]*\| ([\w.]+(?:Error|Warning|Exception): .+)$", re.MULTILINE)
# A test that takes longer says why in its docstring, in a sentence that begins with this word.
_SLOW_SECONDS = 10.0
_REASON = "Slow:"
_NO_REASON = "slow without a reason"
_FIGURES = "TEST_FIGURES"
# A test that gets only what others leave of the cores cannot be judged by its time.
_LOWEST_PRIORITY = 19


@dataclass
class Folder:
    """seconds: in which one of its tests was under way. failed: tests of which the call or a fixture failed."""

    tests: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Folder") -> "Folder":
        mine, theirs = asdict(self), asdict(other)
        return Folder(**{name: mine[name] + theirs[name] for name in mine})

    def row(self, name: str) -> str:
        """A line of the table."""
        counts = f"{self.tests:>6} tests {self.passed:>6} passed {self.failed:>4} failed {self.skipped:>4} skipped"
        return f"{name:<16}{counts} {self.seconds:>7.1f} s"


class Figures:
    """What the tests of one run took, and how they ended."""

    def __init__(self) -> None:
        self.folders: dict[str, Folder] = defaultdict(Folder)
        # Seconds by test: of its call, and of its fixtures.
        self.called: dict[str, float] = defaultdict(float)
        self.prepared: dict[str, float] = defaultdict(float)
        self.no_reason: set[str] = set()
        # Why a test failed, by its name.
        self.failures: dict[str, str] = {}
        self._under_way: Counter[str] = Counter()
        self._outcomes: dict[str, str] = {}
        self._since = time.monotonic()

    def begins(self, folder: str) -> None:
        """A test begins."""
        self._count_seconds()
        self._under_way[folder] += 1

    def reports(self, report: pytest.TestReport) -> None:
        """A test's call or one of its fixtures has ended."""
        seconds = self.called if report.when == "call" else self.prepared
        seconds[report.nodeid] += report.duration
        if any(name == _NO_REASON for name, _ in report.user_properties):
            self.no_reason.add(report.nodeid)
        if report.failed:
            self.failures[report.nodeid] = _reason(report)
        if report.failed or (report.skipped and report.nodeid not in self._outcomes):
            self._outcomes[report.nodeid] = report.outcome

    def ends(self, folder: str, name: str) -> None:
        """A test ends."""
        self._count_seconds()
        self._under_way[folder] -= 1
        outcome = self._outcomes.pop(name, "passed")
        self.folders[folder].tests += 1
        setattr(self.folders[folder], outcome, getattr(self.folders[folder], outcome) + 1)

    def _count_seconds(self) -> None:
        now = time.monotonic()
        for folder, number in self._under_way.items():
            if number:
                self.folders[folder].seconds += now - self._since
        self._since = now

    def slowest(self) -> list[str]:
        """Names of the tests that took longest, with their fixtures."""
        seconds = {name: self.called[name] + self.prepared[name] for name in {*self.called, *self.prepared}}
        found = [name for name, took in seconds.items() if took > _SHOWN_SECONDS]
        return sorted(found, key=seconds.__getitem__, reverse=True)[:_SLOWEST]


_figures = Figures()


def pytest_runtest_logstart(location: tuple[str, int | None, str]) -> None:
    _figures.begins(_folder(location))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _figures.reports(report)


def pytest_runtest_logfinish(nodeid: str, location: tuple[str, int | None, str]) -> None:
    _figures.ends(_folder(location), nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_judged = call.when == "call" and os.nice(0) < _LOWEST_PRIORITY
    if is_judged and call.duration > _SLOW_SECONDS and not is_slow(item):
        report.user_properties.append((_NO_REASON, True))
    return report


def is_slow(item: pytest.Item) -> bool:
    """Whether a test says that it is slow, and why."""
    return isinstance(item, pytest.Function) and _REASON in (inspect.getdoc(item.function) or "")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if path := os.environ.get(_FIGURES):
        folders = {name: asdict(folder) for name, folder in _figures.folders.items()}
        Path(path).write_text(json.dumps({"folders": folders, "failures": _figures.failures}))
    if not _figures.folders:
        return
    terminalreporter.section("time of each folder")
    for name, folder in _figures.folders.items():
        terminalreporter.write_line(folder.row(name))
    if slowest := _figures.slowest():
        terminalreporter.section(f"slowest {len(slowest)} tests")
    for name in slowest:
        called, prepared = _figures.called[name], _figures.prepared[name]
        terminalreporter.write_line(f"{called:>6.1f} s, fixtures {prepared:>5.1f} s  {name}")
    if _figures.no_reason:
        terminalreporter.section(f"OVER {_SLOW_SECONDS:.0f} s WITHOUT A REASON", red=True, bold=True)
        for name in sorted(_figures.no_reason):
            terminalreporter.write_line(f'{name}: make it quicker, or let its docstring say "{_REASON} …"', red=True)


def _folder(location: tuple[str, int | None, str]) -> str:
    return str(Path(location[0]).parent)


def _reason(report: pytest.TestReport) -> str:
    """The first line of the error. Of a group also that of each error in it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = str(crash.message if crash else report.longrepr).strip().splitlines()[:1]
    if lines and "sub-exception" in lines[0]:
        lines += dict.fromkeys(_ERROR_IN_GROUP.findall(str(report.longrepr)))
    return "; ".join(line[:_SHOWN_CHARACTERS] for line in lines[:_SHOWN_ERRORS])


def main(paths: list[str]) -> None:
    """Prints the table of all runs, their total, and the tests that failed."""
    folders: dict[str, Folder] = defaultdict(Folder)
    failures: dict[str, str] = {}
    for path in paths:
        run = json.loads(Path(path).read_text())
        for name, figures in run["folders"].items():
            folders[name] += Folder(**figures)
        failures |= run["failures"]
    for name, folder in folders.items():
        print(folder.row(name))
    total = sum(folders.values(), Folder())
    print(total.row("all"))
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    for name, why in failures.items():
        print(f"Failed: {name}: {why}")


if __name__ == "__main__":
    main(sys.argv[1:])
