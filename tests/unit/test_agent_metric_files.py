"""The metrics of job processes that have ended are kept in one file of each kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, multiprocess

from services.agent.worker.metric_files import merge_ended

_JOB = """
from prometheus_client import Counter, Gauge, Histogram
Counter("turns", "Turns.", ["kind"]).labels("typed").inc(3)
Histogram("seconds", "Seconds.", buckets=(1, 2)).observe(1.5)
Gauge("backlog", "Backlog.", multiprocess_mode="livesum").set(7)
Gauge("slots", "Slots.", multiprocess_mode="livemax").set(7)
"""


def run_job(folder: Path) -> None:
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", _JOB], env=environ, check=True)


def scraped(folder: Path) -> list[str]:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_the_files_do_not_grow_with_the_number_of_ended_jobs_and_nothing_counted_is_lost(tmp_path: Path) -> None:
    for _ in range(3):
        run_job(tmp_path)
        merge_ended(tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
    assert scraped(tmp_path) == [
        'turns_total{kind="typed"} 9.0',
        'seconds_sum 4.5',
        'seconds_bucket{le="1.0"} 0.0',
        'seconds_bucket{le="2.0"} 3.0',
        'seconds_bucket{le="+Inf"} 3.0',
        'seconds_count 3.0',
    ]  # fmt: skip


def test_the_files_of_a_running_process_stay(tmp_path: Path) -> None:
    run_job(tmp_path)
    for path in tmp_path.iterdir():
        path.rename(path.with_stem("_".join([*path.stem.split("_")[:-1], str(os.getpid())])))
    before = scraped(tmp_path)
    merge_ended(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    assert scraped(tmp_path) == before


def test_a_file_that_cannot_be_read_is_given_up(tmp_path: Path) -> None:
    run_job(tmp_path)
    for path in tmp_path.glob("counter_*.db"):
        path.write_bytes(b"\xff\xff\x00\x00" + bytes(60))
    merge_ended(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["histogram_ended.db"]
