"""Wires and runs one worker."""

import asyncio
import contextlib
import secrets
from collections import deque

from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from livekit.agents import AgentServer
from prometheus_client import Gauge

from services.agent.call.engines import Speech
from services.agent.history.failovers import Fullness
from services.agent.settings import AgentSettings
from services.agent.speech.engine import EngineError
from services.agent.speech.lines import base_language, make_lines
from services.agent.speech.route import Part, Step
from services.agent.speech.speaking import Speaking
from services.agent.worker.health import Health
from services.agent.worker.server import agent_name, lines_folder, make_server, put_in_force
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueFile
from services.kit.errors import CallboxError
from services.kit.identity import Signer, ensure_keys
from services.kit.logs import get_logger
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.rpc.client import call, connect

_REPORT_SECONDS = 1.0
_FIRST_REPORT_INTERVAL_SECONDS = 0.5
# Between two languages of lines, so that a worker that was just started serves its first calls undisturbed.
_QUIET_SECONDS = 5.0
_log = get_logger(__name__)
_slots = Gauge("callbox_worker_slots", "Calls this worker can carry.", multiprocess_mode="livemax")
_calls = Gauge("callbox_worker_calls", "Calls this worker carries.", multiprocess_mode="livemax")


async def serve(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Runs a worker until `stop`, then drains it."""
    ensure_keys(settings.keys_dir, ["agent"])
    worker_id = secrets.token_hex(8)
    catalogue = CatalogueFile(settings.catalogue)
    put_in_force(settings.data_dir, catalogue.current())
    base = base_language(catalogue.current())
    await until_up(f"a voice for {base}", lambda: _make_lines(settings, catalogue.current(), base))
    server = make_server(settings, worker_id)
    report = Report(settings, server, worker_id, catalogue)
    ops = ops_server(settings.ops_listen, report.readiness)
    await ops.start()
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    working = asyncio.create_task(server.run(), name="livekit-worker")
    reporting = asyncio.create_task(report.run(registered), name="worker-report")
    health = Health(catalogue.current, settings.catalogue.parent, settings.triton_address, settings.data_dir)
    watching = asyncio.create_task(health.run(), name="endpoint-health")
    making = asyncio.create_task(_make_more_lines(settings, catalogue.current(), server), name="worker-lines")
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
        for task in (reporting, watching, making, stopping, working):
            task.cancel()
        await asyncio.gather(reporting, watching, making, stopping, working, return_exceptions=True)
        await ops.stop()


async def _make_lines(settings: AgentSettings, catalogue: Catalogue, language: str) -> None:
    def tell(part: Part, step: Step, sentence: str) -> None:
        _log.warning("while lines are made", part=part, step=step, what=sentence)

    speech = Speech(catalogue, settings.catalogue.parent, settings.triton_address, tell)

    async def speak(text: str, voice: str, language: str) -> bytes:
        return await Speaking(speech.voice(language, voice)).speak(text)

    try:
        await make_lines(lines_folder(settings.data_dir), catalogue, language, speak)
    finally:
        await speech.close()


async def _make_more_lines(settings: AgentSettings, catalogue: Catalogue, server: AgentServer) -> None:
    """The lines of the other languages, one language after the other while nobody calls. One that fails stays away."""
    waiting = deque(catalogue.languages)
    while waiting:
        await asyncio.sleep(_QUIET_SECONDS)
        if server.active_jobs:
            continue
        language = waiting.popleft()
        try:
            await _make_lines(settings, catalogue, language)
        except (EngineError, TimeoutError) as fault:
            _log.warning("lines not made, calls hear those of the base language", language=language, fault=repr(fault))


class Report:
    """Announces the worker to sessions, again and again; what is not announced gets no calls."""

    def __init__(self, settings: AgentSettings, server: AgentServer, worker_id: str, catalogue: CatalogueFile) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._in_force = catalogue.current()
        self._fullness = Fullness(settings.data_dir)
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
                self._follow_catalogue()
                worker = self.worker()
                _slots.set(worker.slots)
                _calls.set(len(worker.session_ids))
                try:
                    answer = await call(
                        stub.ReportWorker,
                        pb.ReportWorkerRequest(worker=worker),
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

    def _follow_catalogue(self) -> None:
        if (current := self._catalogue.current()) is not self._in_force:
            put_in_force(self._settings.data_dir, current)
            self._in_force = current

    def worker(self) -> pb.Worker:
        """The worker as it stands at this moment."""
        session_ids = [job.job.metadata for job in self._server.active_jobs]
        # With engines that have no room for those who are here, no more are taken than are here.
        slots = min(self._settings.slots, len(session_ids)) if self._fullness.lately() else self._settings.slots
        return pb.Worker(
            worker_id=self._worker_id,
            agent_name=agent_name(self._worker_id),
            slots=slots,
            session_ids=session_ids,
            draining=self.draining,
        )

    def _tell(self, fault: str | None) -> None:
        if fault != self._fault:
            if fault is None:
                _log.info("announced", slots=self._settings.slots)
            else:
                _log.warning("not announced", fault=fault)
        self._fault = fault
