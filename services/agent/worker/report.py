"""Reports the worker to sessions: its id, how many calls it can carry, and which calls it carries."""

import asyncio
from collections.abc import Collection

from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from prometheus_client import Gauge

from services.agent.end_requests import EndRequests
from services.agent.moments import Reason
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.worker.jobs import Jobs
from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.logs import get_logger
from services.kit.rpc.client import call, connect

_REPORT_SECONDS = 1.0
# Interval until sessions has answered with the interval that it wants.
_FIRST_INTERVAL_SECONDS = 0.5
_log = get_logger(__name__)


class Report:
    """Reports the worker at regular intervals. A worker without recent reports gets no calls.

    The answer names the calls that have ended or moved to another worker; their jobs are asked to end.

    address: where sessions reaches the worker.
    draining: set when the worker is about to stop; it then gets no new calls.
    """

    def __init__(self, settings: AgentSettings, jobs: Jobs, worker_id: str, address: str, shared: SharedState) -> None:
        self._settings = settings
        self._jobs = jobs
        self._worker_id = worker_id
        self._address = address
        self._shared = shared
        self._end_requests = EndRequests(settings.data_dir)
        self._requested: dict[str, Reason] = {}
        self._end_requests.put(self._requested)
        self._stopping = False
        self._fault: str | None = "not announced to sessions yet"
        self.draining = False

    async def run(self) -> None:
        """Reports until cancelled. Job processes must be ready."""
        signer = Signer(self._settings.keys_dir, "agent")
        interval = _FIRST_INTERVAL_SECONDS
        # livekit-agents empties the folder of the metrics' files when it starts, so these are made after that.
        slots = Gauge("callbox_worker_slots", "Calls this worker can carry.", multiprocess_mode="livemax")
        calls = Gauge("callbox_worker_calls", "Calls this worker carries.", multiprocess_mode="livemax")
        async with connect(self._settings.sessions_address) as channel:
            stub = sessions_pb2_grpc.SessionsServiceStub(channel)
            while True:
                worker = self.worker()
                # A call may come back to this worker in a new job, so the request is for the job.
                jobs = self._jobs.running
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
                    self._request_ends({job.job_id for job in jobs if job.session_id in answer.ended_session_ids})
                    self._note(None)
                except CallboxError as fault:
                    self._note(f"sessions refuses the report: {fault.message}")
                await asyncio.sleep(interval)

    def end_calls(self) -> None:
        """Asks all jobs to end their calls, since the worker stops."""
        self._stopping = True
        self._request_ends(())

    def _request_ends(self, jobs: Collection[str]) -> None:
        # Sessions has stored a reason already; the job's own is ignored.
        requests: dict[str, Reason] = dict.fromkeys(jobs, pb.END_REASON_ENDED_BY_API)
        if self._stopping:
            requests |= {job.job_id: pb.END_REASON_AGENT_LOST for job in self._jobs.running}
        if requests != self._requested:
            self._end_requests.put(requests)
            self._requested = requests

    async def readiness(self) -> dict[str, str | None]:
        """The state of the report for the readiness check: None if it is well, else what is wrong."""
        return {"sessions": self._fault}

    def worker(self) -> pb.Worker:
        """The worker's current state."""
        session_ids = self._jobs.session_ids
        # While the engines are full with the present calls, take no further calls.
        slots = self._settings.slots
        if self._shared.engines_were_full():
            slots = min(slots, len(session_ids))
        return pb.Worker(
            worker_id=self._worker_id,
            slots=slots,
            address=self._address,
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
