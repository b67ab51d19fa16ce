"""Wires and runs one worker."""

import asyncio
import contextlib
import secrets

from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from livekit.agents import AgentServer
from prometheus_client import Gauge

from services.agent.lines import make_lines
from services.agent.settings import AgentSettings
from services.agent.speaking import TritonTTS
from services.agent.triton import Triton
from services.agent.worker import agent_name, lines_folder, make_server
from services.kit.client import call, connect
from services.kit.errors import CallboxError
from services.kit.identity import Signer, ensure_keys
from services.kit.logs import get_logger
from services.kit.ops import ops_server
from services.kit.process import until_up

_REPORT_SECONDS = 1.0
_FIRST_REPORT_INTERVAL_SECONDS = 0.5
_log = get_logger(__name__)
_slots = Gauge("callbox_worker_slots", "Calls this worker can carry.", multiprocess_mode="livemax")
_calls = Gauge("callbox_worker_calls", "Calls this worker carries.", multiprocess_mode="livemax")


async def serve(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Runs a worker until `stop`, then drains it."""
    ensure_keys(settings.keys_dir, ["agent"])
    worker_id = secrets.token_hex(8)
    await _make_lines(settings)
    server = make_server(settings, worker_id)
    report = Report(settings, server, worker_id)
    ops = ops_server(settings.ops_listen, report.readiness)
    await ops.start()
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    working = asyncio.create_task(server.run(), name="livekit-worker")
    reporting = asyncio.create_task(report.run(registered), name="worker-report")
    stopping = asyncio.create_task(stop.wait(), name="worker-stop")
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        report.draining = True
        _log.info("draining", calls=len(server.active_jobs), seconds=settings.drain_seconds)
        with contextlib.suppress(TimeoutError):
            await server.drain(timeout=int(settings.drain_seconds))
        await server.aclose()
    finally:
        for task in (reporting, stopping, working):
            task.cancel()
        await asyncio.gather(reporting, stopping, working, return_exceptions=True)
        await ops.stop()


async def _make_lines(settings: AgentSettings) -> None:
    triton = Triton(settings.triton_address)
    try:
        await until_up("Triton", lambda: make_lines(lines_folder(settings.data_dir), TritonTTS(triton)))
    finally:
        await triton.close()


class Report:
    """Announces the worker to sessions, again and again; what is not announced gets no calls."""

    def __init__(self, settings: AgentSettings, server: AgentServer, worker_id: str) -> None:
        self._settings = settings
        self._server = server
        self._worker_id = worker_id
        self._fault: str | None = "not announced to sessions yet"
        self.draining = False

    async def run(self, registered: asyncio.Event) -> None:
        """Reports until cancelled, beginning when LiveKit knows the worker."""
        await registered.wait()
        signer = Signer(self._settings.keys_dir, "agent")
        interval = _FIRST_REPORT_INTERVAL_SECONDS
        async with connect(self._settings.sessions_address) as channel:
            stub = sessions_pb2_grpc.SessionsServiceStub(channel)
            while True:
                _slots.set(self._settings.slots)
                _calls.set(len(self._server.active_jobs))
                try:
                    answer = await call(
                        stub.ReportWorker,
                        pb.ReportWorkerRequest(worker=self._worker()),
                        identity=signer.service_token(),
                        deadline_seconds=_REPORT_SECONDS,
                    )
                    interval = answer.report_interval.ToTimedelta().total_seconds()
                    self._tell(None)
                except CallboxError as fault:
                    self._tell(f"sessions does not take the report: {fault.message}")
                await asyncio.sleep(interval)

    async def readiness(self) -> dict[str, str | None]:
        """Whether calls can come."""
        return {"sessions": self._fault}

    def _worker(self) -> pb.Worker:
        return pb.Worker(
            worker_id=self._worker_id,
            agent_name=agent_name(self._worker_id),
            slots=self._settings.slots,
            session_ids=[job.job.metadata for job in self._server.active_jobs],
            draining=self.draining,
        )

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            if fault is None:
                _log.info("announced", slots=self._settings.slots)
            else:
                _log.warning("not announced", fault=fault)
        self._fault = fault
