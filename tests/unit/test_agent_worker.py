"""The parts of a worker: what it does with sessions' answers, and how it ends when a part fails."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from prometheus_client import REGISTRY

from deploy.local.settings import ROOT
from services.agent import app
from services.agent.end_requests import EndRequests
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.worker.health import Health
from services.agent.worker.jobs import Jobs
from services.agent.worker.report import Report
from services.kit.rpc.server import Server
from services.kit.tasks import end


def job(number: int, session: str) -> Any:
    return SimpleNamespace(job=SimpleNamespace(id=f"job-{number}", room=SimpleNamespace(metadata=session)))


class Sessions(sessions_pb2_grpc.SessionsServiceServicer):
    """Answers reports. ended: the calls that it says are over."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.reports = 0
        self.addresses: set[str] = set()

    async def ReportWorker(self, request: pb.ReportWorkerRequest, _: object) -> pb.ReportWorkerResponse:  # noqa: N802
        self.reports += 1
        self.addresses.add(request.worker.address)
        answer = pb.ReportWorkerResponse(ended_session_ids=self.ended)
        answer.report_interval.FromTimedelta(timedelta(seconds=0.02))
        return answer


@pytest.fixture
def own_metrics() -> Iterator[None]:
    """Removes the metrics that a worker makes when it starts to report."""
    before = set(REGISTRY._collector_to_names)
    yield
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)


@pytest.mark.usefixtures("own_metrics")
async def test_a_worker_asks_the_jobs_of_ended_calls_to_end_and_all_of_them_when_it_stops(
    keys_dir: Path, tmp_path: Path
) -> None:
    sessions = Sessions()  # type: ignore[abstract]  # the worker asks for nothing but ReportWorker
    server = Server("127.0.0.1:0", keys_dir)
    sessions_pb2_grpc.add_SessionsServiceServicer_to_server(sessions, server.grpc)
    await server.start([])
    settings = AgentSettings(data_dir=tmp_path, keys_dir=keys_dir, sessions_address=f"127.0.0.1:{server.port}")
    job_server: Any = SimpleNamespace(active_jobs=[job(1, "sess_a"), job(2, "sess_b")])
    jobs = Jobs(job_server, "key", "secret", most_starting=3)
    report = Report(settings, jobs, "worker-1", "10.0.0.1:7107", SharedState(tmp_path))
    requests = EndRequests(tmp_path)
    running = asyncio.create_task(report.run())
    try:
        await reports(sessions, 2)
        assert [requests.reason(name) for name in ("job-1", "job-2")] == [None, None]
        sessions.ended = ["sess_a"]
        await reports(sessions, 2)
        assert [requests.reason(name) for name in ("job-1", "job-2")] == [pb.END_REASON_ENDED_BY_API, None]
        # The call of job 1 comes back to this worker.
        job_server.active_jobs.append(job(3, "sess_a"))
        sessions.ended = []
        await reports(sessions, 2)
        assert requests.reason("job-3") is None
        report.end_calls()
        await reports(sessions, 2)
        assert {requests.reason(f"job-{number}") for number in (1, 2, 3)} == {pb.END_REASON_AGENT_LOST}
        assert sessions.addresses == {"10.0.0.1:7107"}
    finally:
        await end(running)
        await server.stop(1)


async def reports(sessions: Sessions, count: int) -> None:
    """Waits for so many further reports; the answers to all but the last are handled then."""
    wanted = sessions.reports + count
    async with asyncio.timeout(30.0):
        while sessions.reports < wanted:
            await asyncio.sleep(0.01)


class StandIn:
    """Stands in for livekit-agents' server, whose processes take seconds to start."""

    def __init__(self) -> None:
        self.active_jobs = [job(1, "sess_a")]
        self.closed = asyncio.Event()
        self.drained = False
        self._tell: Callable[[], None]

    def on(self, event: str, tell: Callable[[], None]) -> None:
        assert event == "worker_started"
        self._tell = tell

    async def run(self) -> None:
        self._tell()
        await self.closed.wait()

    async def drain(self, timeout: int) -> None:
        self.drained = True

    async def aclose(self) -> None:
        self.closed.set()


@pytest.fixture
def job_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    made = StandIn()

    async def nothing(*_: object) -> None: ...

    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr(app, "make_server", lambda *_: made)
    monkeypatch.setattr(app, "check_livekit", nothing)
    monkeypatch.setattr(Health, "expect", nothing)
    return made


def settings_of(tmp_path: Path, keys_dir: Path) -> AgentSettings:
    keys = tmp_path / "livekit-keys.yaml"
    keys.write_text("key: secret\n")
    return AgentSettings(
        data_dir=tmp_path,
        keys_dir=keys_dir,
        livekit_keys_file=keys,
        catalogue=ROOT / "deploy" / "catalogue.toml",
    )


async def test_a_worker_that_is_told_to_stop_drains_and_ends_without_an_error(
    job_server: StandIn, tmp_path: Path, keys_dir: Path
) -> None:
    stop = asyncio.Event()
    serving = asyncio.create_task(app.serve(settings_of(tmp_path, keys_dir), stop))
    await asyncio.sleep(0.2)
    assert not serving.done()
    stop.set()
    async with asyncio.timeout(30.0):
        await serving
    assert job_server.drained
    assert json.loads((tmp_path / "end-requests.json").read_text()) == {"job-1": pb.END_REASON_AGENT_LOST}


async def test_a_running_worker_removes_the_metric_files_of_jobs_that_have_ended(
    job_server: StandIn, tmp_path: Path, keys_dir: Path
) -> None:
    with subprocess.Popen(["true"]) as job_process:
        job_process.wait()
    file = tmp_path / f"gauge_livesum_{job_process.pid}.db"
    file.touch()
    stop = asyncio.Event()
    serving = asyncio.create_task(app.serve(settings_of(tmp_path, keys_dir), stop))
    async with asyncio.timeout(30.0):
        while file.exists():
            await asyncio.sleep(0.01)
        stop.set()
        await serving


async def test_a_part_of_a_worker_that_fails_ends_the_calls_and_the_process_with_its_error(
    job_server: StandIn, tmp_path: Path, keys_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(Health, "run", broken)
    async with asyncio.timeout(30.0):
        with pytest.raises(ExceptionGroup) as caught:
            await app.serve(settings_of(tmp_path, keys_dir), asyncio.Event())
    assert caught.group_contains(ValueError, match="broken")
    assert job_server.closed.is_set()
    assert EndRequests(tmp_path).reason("job-1") == pb.END_REASON_AGENT_LOST


async def test_a_worker_ends_with_an_error_when_livekit_agents_gives_up(
    job_server: StandIn, tmp_path: Path, keys_dir: Path
) -> None:
    job_server.closed.set()
    async with asyncio.timeout(30.0):
        with pytest.raises(ExceptionGroup) as caught:
            await app.serve(settings_of(tmp_path, keys_dir), asyncio.Event())
    assert caught.group_contains(RuntimeError, match="livekit-agents ended")
