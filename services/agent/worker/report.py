"""Announces the worker to sessions: who it is, how many calls it can carry, and which it carries."""

import asyncio

from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from livekit.agents import AgentServer
from prometheus_client import Gauge

from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.worker.server import agent_name
from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.logs import get_logger
from services.kit.rpc.client import call, connect

_REPORT_SECONDS = 1.0
# Until sessions says how often it wants to hear of the worker.
_FIRST_INTERVAL_SECONDS = 0.5
_log = get_logger(__name__)


class Report:
    """Reports again and again. A worker that sessions does not hear of gets no calls.

    draining: set when the worker is about to stop; it then gets no new calls.
    """

    def __init__(self, settings: AgentSettings, server: AgentServer, worker_id: str, shared: SharedState) -> None:
        self._settings = settings
        self._server = server
        self._worker_id = worker_id
        self._shared = shared
        self._fault: str | None = "not announced to sessions yet"
        self.draining = False

    async def run(self, registered: asyncio.Event) -> None:
        """Reports until cancelled, beginning when LiveKit knows the worker."""
        await registered.wait()
        signer = Signer(self._settings.keys_dir, "agent")
        interval = _FIRST_INTERVAL_SECONDS
        # livekit-agents empties the folder of the metrics' files when it starts, so these are made after that.
        slots = Gauge("callbox_worker_slots", "Calls this worker can carry.", multiprocess_mode="livemax")
        calls = Gauge("callbox_worker_calls", "Calls this worker carries.", multiprocess_mode="livemax")
        async with connect(self._settings.sessions_address) as channel:
            stub = sessions_pb2_grpc.SessionsServiceStub(channel)
            while True:
                worker = self.worker()
                slots.set(worker.slots)
                calls.set(len(worker.session_ids))
                try:
                    answer = await call(
                        stub.ReportWorker,
                        pb.ReportWorkerRequest(worker=worker),
                        identity=signer.service_token(),
                        deadline_seconds=_REPORT_SECONDS,
                    )
                    interval = answer.report_interval.ToTimedelta().total_seconds()
                    self._note(None)
                except CallboxError as fault:
                    self._note(f"sessions does not take the report: {fault.message}")
                await asyncio.sleep(interval)

    async def readiness(self) -> dict[str, str | None]:
        """Whether calls can come: None, or what is wrong."""
        return {"sessions": self._fault}

    def worker(self) -> pb.Worker:
        """The worker as it stands at this moment."""
        session_ids = [job.job.metadata for job in self._server.active_jobs]
        # While engines have no room for the calls that are here, no further calls are taken.
        slots = self._settings.slots
        if self._shared.engines_were_full():
            slots = min(slots, len(session_ids))
        return pb.Worker(
            worker_id=self._worker_id,
            agent_name=agent_name(self._worker_id),
            slots=slots,
            session_ids=session_ids,
            draining=self.draining,
        )

    def _note(self, fault: str | None) -> None:
        if fault != self._fault:
            if fault is None:
                _log.info("announced", slots=self._settings.slots)
            else:
                _log.warning("not announced", fault=fault)
        self._fault = fault
