"""Wires and runs one worker."""

import asyncio
import contextlib
import secrets

from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.recordings import RecordingFolder, base_language
from services.agent.worker import catalogue as catalogue_in_force
from services.agent.worker.health import Health
from services.agent.worker.line_maker import LineMaker
from services.agent.worker.report import Report
from services.agent.worker.server import make_server
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueFile
from services.kit.identity import ensure_keys
from services.kit.logs import get_logger
from services.kit.ops import ops_server
from services.kit.process import until_up

_log = get_logger(__name__)


async def serve(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Runs a worker until `stop` is set, then drains it."""
    ensure_keys(settings.keys_dir, ["agent"])
    worker_id = secrets.token_hex(8)
    catalogue = CatalogueFile(settings.catalogue)
    shared = SharedState(settings.data_dir)
    shared.put_in_force(catalogue.current())
    server = make_server(settings, worker_id)
    await asyncio.to_thread(RecordingFolder(shared.lines_folder).unpack, settings.lines_dir)
    lines = LineMaker(settings, shared, lambda: len(server.active_jobs))
    health = Health(catalogue.current, settings.catalogue.parent, settings.triton_address, shared)
    await until_up("speech engines", lambda: health.expect(_base_pools(catalogue.current())))
    await until_up("a voice for the fixed lines", lambda: lines.make_base(catalogue.current()))
    report = Report(settings, server, worker_id, shared)
    ops = ops_server(settings.ops_listen, report.readiness)
    await ops.start()
    registered = asyncio.Event()
    server.on("worker_registered", lambda *_: registered.set())
    working = asyncio.create_task(server.run(), name="livekit-worker")
    stopping = asyncio.create_task(stop.wait(), name="worker-stop")
    beside = [
        asyncio.create_task(report.run(registered), name="worker-report"),
        asyncio.create_task(catalogue_in_force.follow(catalogue, shared, lines.make_base), name="worker-catalogue"),
        asyncio.create_task(health.run(), name="endpoint-health"),
        asyncio.create_task(lines.run(catalogue.current), name="worker-lines"),
    ]
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
        for task in (*beside, stopping, working):
            task.cancel()
        await asyncio.gather(*beside, stopping, working, return_exceptions=True)
        await ops.stop()


def _base_pools(catalogue: Catalogue) -> set[str]:
    """The pools without which a call in the base language could neither hear nor speak."""
    default = catalogue.defaults[base_language(catalogue)]
    entries = catalogue.recogniser(default.recogniser), catalogue.voice(default.voice)
    return {entry.pool for entry in entries if entry is not None}
