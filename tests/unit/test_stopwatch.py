"""The clock of tests that must not depend on the machine's speed."""

import time
from pathlib import Path

import pytest

from tests.fixtures.stopwatch import Stopwatch


class Machine:
    """Its clock, and its file of pressure stall information."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = folder / "cpu"
        self._now, self._waited = 100.0, 50.0
        self.pass_time(0.0, 0.0)
        monkeypatch.setattr(time, "monotonic", lambda: self._now)

    def pass_time(self, seconds: float, of_waiting: float) -> None:
        self._now += seconds
        self._waited += of_waiting
        self.file.write_text(
            f"some avg10=9.00 avg60=9.00 avg300=9.00 total={self._waited * 1e6:.0f}\n"
            "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
        )


@pytest.mark.parametrize(("waiting", "counted"), [(0.0, 4.0), (1.0, 3.0), (3.0, 1.0), (4.0, 1.0)])
def test_time_in_which_a_process_waits_for_a_core_does_not_count_up_to_three_quarters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: float, counted: float
) -> None:
    machine = Machine(tmp_path, monkeypatch)
    watch = Stopwatch(machine.file)
    machine.pass_time(4.0, waiting)
    assert watch.seconds() == pytest.approx(counted)


def test_all_time_counts_without_the_kernels_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path, monkeypatch)
    watch = Stopwatch(tmp_path / "absent")
    machine.pass_time(4.0, 4.0)
    assert watch.seconds() == pytest.approx(4.0)
