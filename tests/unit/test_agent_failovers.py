"""What is told of engines that failed."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.history.failovers import Failovers
from services.agent.metrics import speech_failovers
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.route import Part, Step
from services.agent.worker.report import Report


def counted(part: Part, step: Step) -> float:
    return sum(
        sample.value
        for metric in speech_failovers.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels == {"part": part, "step": step}
    )


def test_a_step_is_counted_and_stands_in_the_history(tmp_path: Path) -> None:
    events: list[pb.SessionEvent] = []
    shared = SharedState(tmp_path)
    before = counted(Part.STT, Step.FAILOVER)
    Failovers(events.append, shared).tell(Part.STT, Step.FAILOVER, "Another endpoint goes on.")
    assert counted(Part.STT, Step.FAILOVER) == before + 1
    (event,) = events
    assert (event.error.code, event.error.message) == ("stt_failover", "Another endpoint goes on.")
    assert not shared.engines_were_full()


def test_the_line_is_left_to_who_speaks_it(tmp_path: Path) -> None:
    events: list[pb.SessionEvent] = []
    before = counted(Part.TTS, Step.LINE)
    Failovers(events.append, SharedState(tmp_path)).tell(Part.TTS, Step.LINE, "Nobody answered.")
    assert counted(Part.TTS, Step.LINE) == before + 1
    assert events == []


def test_engines_without_room_are_known_to_the_worker_for_some_seconds(tmp_path: Path) -> None:
    events: list[pb.SessionEvent] = []
    job, worker = SharedState(tmp_path), SharedState(tmp_path)
    assert not worker.engines_were_full()
    Failovers(events.append, job).tell(Part.TTS, Step.EXHAUSTED, "No room.")
    assert worker.engines_were_full()
    path = next(tmp_path.iterdir())
    os.utime(path, (time.time() - 6, time.time() - 6))
    assert not worker.engines_were_full()


def test_a_worker_whose_engines_are_full_takes_no_more_calls_than_it_carries(tmp_path: Path) -> None:
    settings = AgentSettings(data_dir=tmp_path, slots=8)
    jobs: Any = SimpleNamespace(session_ids=[f"sess_{number}" for number in range(3)])
    report = Report(settings, jobs, "worker", "127.0.0.1:7107", SharedState(tmp_path))
    assert report.worker().slots == 8
    SharedState(tmp_path).tell_engines_full()
    assert report.worker().slots == 3
    assert list(report.worker().session_ids) == ["sess_0", "sess_1", "sess_2"]
