"""Wires the process that reads documents and runs it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job

from services.characters.knowledge.database import open_pool
from services.characters.knowledge.documents import JOB, DocumentStore
from services.characters.knowledge.embeddings import EmbeddingClient
from services.characters.knowledge.ingestion.cleanup import DocumentCleanup
from services.characters.knowledge.ingestion.extractor_process import Limits
from services.characters.knowledge.ingestion.reader import Reader, RetryPolicy
from services.characters.knowledge.settings import KnowledgeSettings
from services.kit import database, tasks
from services.kit.blobs import Blobs
from services.kit.database import Pool
from services.kit.logs import get_logger
from services.kit.net.outbound import Outbound
from services.kit.ops import Note, ops_server
from services.kit.process import until_up

SCHEMA = "characters"
_MIGRATIONS = Path(__file__).parents[1] / "migrations"
# Documents that one process reads at once: one can be extracted while another waits for Triton.
_AT_ONCE = 2
_CLEANUP_SECONDS = 60.0
_RESTART_SECONDS = 1.0
_log = get_logger(__name__)


@asynccontextmanager
async def running(settings: KnowledgeSettings) -> AsyncIterator[None]:
    """Reads documents as long as the block runs. Another process finishes those under way at its end."""
    await until_up("PostgreSQL", lambda: database.migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    blobs = Blobs(settings)
    async with (
        await open_pool(settings.database_url, SCHEMA) as pool,
        Outbound(settings.outbound_allow) as outbound,
        EmbeddingClient(settings.triton_address) as embeddings,
    ):
        documents = DocumentStore(pool)
        reader = Reader(
            documents,
            blobs,
            embeddings,
            outbound,
            Limits(
                memory_mb=settings.document_memory_mb,
                seconds=settings.document_seconds,
                max_pages=settings.document_max_pages,
                max_characters=settings.document_max_characters,
            ),
            RetryPolicy(settings.document_attempts, settings.document_retry_seconds),
        )
        cleanup = DocumentCleanup(documents, blobs, settings.document_event_days)

        async def readiness() -> dict[str, str | None]:
            model = await embeddings.check()
            return {"database": await database.check(pool), "embed": None if model is None else Note(model)}

        ops = ops_server(settings.ops_listen, readiness)
        stop = asyncio.Event()
        queue = asyncio.create_task(_work(pool, reader, documents, settings, stop), name="knowledge-queue")
        cleaning = asyncio.create_task(cleanup.run(_CLEANUP_SECONDS), name="knowledge-cleanup")
        try:
            await ops.start()
            _log.info("reading documents", ops_port=ops.port)
            yield
        finally:
            stop.set()
            await asyncio.wait([queue], timeout=settings.drain_seconds)
            await tasks.end(queue, cleaning)
            await ops.stop()


async def serve(settings: KnowledgeSettings, stop: asyncio.Event) -> None:
    """Runs until `stop` is set."""
    async with running(settings):
        await stop.wait()


async def _work(
    pool: Pool, reader: Reader, documents: DocumentStore, settings: KnowledgeSettings, stop: asyncio.Event
) -> None:
    """Takes jobs from the queue until `stop` is set; starts again after an outage of the database."""
    heartbeat = timedelta(seconds=settings.document_heartbeat_seconds)
    while not stop.is_set():
        driver = AsyncpgPoolDriver(pool)
        queue = QueueManager(Queries(driver))
        stopping = asyncio.create_task(_forward(stop, queue.shutdown), name="knowledge-queue-stop")

        @queue.entrypoint(JOB)
        async def _read(job: Job) -> None:
            document_id = (job.payload or b"").decode()
            if not await _until_stopped(stop, reader.read(document_id)):
                await documents.undo_attempt(document_id)
                # The queue takes a cancelled job for a done one.
                raise RetryRequested(reason="the reader was stopped")

        try:
            async with driver:
                # pgqueuer probes its listener while that still connects. The probe can be lost, and then the queue
                # breaks 10 s later. It is not lost on a channel that already has a listener.
                await driver.add_listener(queue.channel, _ignored)
                # A job without a heartbeat is found when the queue is polled.
                await queue.run(
                    dequeue_timeout=heartbeat / 2,
                    batch_size=1,
                    max_concurrent_tasks=_AT_ONCE,
                    heartbeat_timeout=heartbeat,
                    shutdown_on_listener_failure=True,
                )
        except Exception as fault:
            _log.warning("the document queue failed and starts again", fault=repr(fault)[:200])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _RESTART_SECONDS)
        finally:
            await tasks.end(stopping)


def _ignored(_payload: str | bytes | bytearray) -> None:
    """pgqueuer's own listener gets the same messages."""


async def _until_stopped(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Does the work until `stop` is set. Returns whether it was done; raises what the work raises."""
    working = asyncio.create_task(work, name="read-document")
    stopping = asyncio.create_task(_wait(stop), name="read-document-stop")
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        await tasks.end(working, stopping)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _forward(stop: asyncio.Event, other: asyncio.Event) -> None:
    await stop.wait()
    other.set()
