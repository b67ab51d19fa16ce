"""What is told of engines that failed."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.app import Report
from services.agent.history.failovers import Failovers, Fullness
from services.agent.metrics import speech_failovers
from services.agent.settings import AgentSettings
from services.agent.speech.route import Part, Step
from services.kit.catalogue_file import CatalogueFile


class Journal:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[pb.SessionEvent] = []

    def add(self, event: pb.SessionEvent) -> None:
        self.events.append(event)


def counted(part: Part, step: Step) -> float:
    return sum(
        sample.value
        for metric in speech_failovers.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels == {"part": part, "step": step}
    )


def test_a_step_is_counted_and_stands_in_the_history(tmp_path: Path) -> None:
    journal, fullness = Journal(), Fullness(tmp_path)
    before = counted(Part.STT, Step.FAILOVER)
    Failovers(journal, fullness).tell(Part.STT, Step.FAILOVER, "Another endpoint goes on.")  # type: ignore[arg-type]
    assert counted(Part.STT, Step.FAILOVER) == before + 1
    (event,) = journal.events
    assert (event.error.code, event.error.message) == ("stt_failover", "Another endpoint goes on.")
    assert not fullness.lately()


def test_the_line_is_left_to_who_speaks_it(tmp_path: Path) -> None:
    journal = Journal()
    before = counted(Part.TTS, Step.LINE)
    Failovers(journal, Fullness(tmp_path)).tell(Part.TTS, Step.LINE, "Nobody answered.")  # type: ignore[arg-type]
    assert counted(Part.TTS, Step.LINE) == before + 1
    assert journal.events == []


def test_engines_without_room_are_known_to_the_worker_for_some_seconds(tmp_path: Path) -> None:
    job, worker = Fullness(tmp_path), Fullness(tmp_path)
    assert not worker.lately()
    Failovers(Journal(), job).tell(Part.TTS, Step.EXHAUSTED, "No room.")  # type: ignore[arg-type]
    assert worker.lately()
    path = next(tmp_path.iterdir())
    os.utime(path, (time.time() - 6, time.time() - 6))
    assert not worker.lately()


def test_a_worker_whose_engines_are_full_takes_no_more_calls_than_it_carries(tmp_path: Path) -> None:
    settings = AgentSettings(data_dir=tmp_path, slots=8)
    jobs = [SimpleNamespace(job=SimpleNamespace(metadata=f"sess_{number}")) for number in range(3)]
    server: Any = SimpleNamespace(active_jobs=jobs)
    report = Report(settings, server, "worker", CatalogueFile(settings.catalogue))
    assert report.worker().slots == 8
    Fullness(tmp_path).note()
    assert report.worker().slots == 3
    assert list(report.worker().session_ids) == ["sess_0", "sess_1", "sess_2"]
