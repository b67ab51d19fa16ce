"""Wires and runs one worker."""

import asyncio
import contextlib
import math
import os
import secrets
from pathlib import Path

from callbox.agent.v1 import agent_pb2, agent_pb2_grpc
from livekit.agents import AgentServer

from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.recordings import RecordingFolder, base_language
from services.agent.worker.catalogue import follow
from services.agent.worker.health import Health
from services.agent.worker.jobs import Jobs
from services.agent.worker.line_maker import LineMaker
from services.agent.worker.metric_files import keep_merged
from services.agent.worker.model_probe import ModelProbe
from services.agent.worker.report import Report
from services.agent.worker.server import check_livekit, make_server
from services.agent.worker.service import AgentService
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueFile
from services.kit.identity import ensure_keys, worker_audience
from services.kit.livekit_keys import read_keys
from services.kit.logs import get_logger
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.rpc.server import Server

_log = get_logger(__name__)


async def serve(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Runs a worker until `stop` is set, then drains it.

    Raises: an ExceptionGroup when a part of the worker fails.
    """
    ensure_keys(settings.keys_dir, ["agent"])
    worker_id = secrets.token_hex(8)
    catalogue = CatalogueFile(settings.catalogue)
    shared = SharedState(settings.data_dir)
    shared.put_in_force(catalogue.current())
    await asyncio.to_thread(RecordingFolder(shared.lines_folder).unpack, settings.lines_dir)
    keys = read_keys(settings.livekit_keys_file)
    livekit = keys.key, keys.secret
    server = make_server(settings, worker_id, livekit)
    started = asyncio.Event()
    server.on("worker_started", started.set)
    jobs = Jobs(server, *livekit, most_starting=settings.slots)
    lines = LineMaker(settings, shared, lambda: len(jobs.running))
    probe = ModelProbe(settings, shared, lambda: len(jobs.running))
    health = Health(catalogue.current, settings.catalogue.parent, settings.triton_address, shared)
    rpc = Server(settings.listen, settings.keys_dir, worker_audience(worker_id))
    agent_pb2_grpc.add_AgentServiceServicer_to_server(AgentService(jobs), rpc.grpc)
    await rpc.start([agent_pb2.DESCRIPTOR.services_by_name["AgentService"].full_name])
    report = Report(settings, jobs, worker_id, settings.address(rpc.port), shared)
    ops = ops_server(settings.ops_listen, report.readiness)
    await ops.start()

    async def announce() -> None:
        """Announces the worker to sessions as soon as a call could be held."""
        await until_up("LiveKit", lambda: check_livekit(settings.livekit_url, livekit))
        await until_up("speech engines", lambda: health.expect(_base_pools(catalogue.current())))
        await until_up("a voice for the fixed lines", lambda: lines.make_base(catalogue.current()))
        async with asyncio.TaskGroup() as group:
            group.create_task(report.run(), name="worker-report")
            group.create_task(follow(catalogue, shared, lines.make_base), name="worker-catalogue")
            group.create_task(health.run(), name="endpoint-health")
            group.create_task(lines.run(catalogue.current), name="worker-lines")
            group.create_task(probe.run(), name="worker-model-probe")

    metrics_folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    try:
        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(_work(server, stop), name="job-server")]
            try:
                # Its processes take seconds to start, as the speech engines do.
                await started.wait()
                parts.append(group.create_task(announce(), name="announcement"))
                parts.append(group.create_task(keep_merged(metrics_folder), name="worker-metrics"))
                await stop.wait()
                await _drain(jobs, report, settings.drain_seconds)
            finally:
                # Also when a part has failed: its calls end for a named reason, then the process exits with the error.
                report.end_calls()
                await jobs.close()
                await server.aclose()
                for part in parts:
                    part.cancel()
    finally:
        await health.close()
        await rpc.stop(0)
        await ops.stop()


async def _work(server: AgentServer, stop: asyncio.Event) -> None:
    """Keeps job processes. Raises: RuntimeError when the server ends though the worker does not stop."""
    await server.run()
    if not stop.is_set():
        raise RuntimeError("livekit-agents ended its server; see the lines above.")


async def _drain(jobs: Jobs, report: Report, seconds: float) -> None:
    """Waits until the calls are over, for at most `seconds`."""
    report.draining = True
    _log.info("draining", calls=len(jobs.running), seconds=seconds)
    with contextlib.suppress(TimeoutError):
        # 0 would mean no limit.
        await jobs.drain(math.ceil(seconds))


def _base_pools(catalogue: Catalogue) -> set[str]:
    """The pools without which a call in the base language could neither hear nor speak."""
    default = catalogue.defaults[base_language(catalogue)]
    entries = catalogue.recogniser(default.recogniser), catalogue.voice(default.voice)
    return {entry.pool for entry in entries if entry is not None}
