"""Wires the sessions service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from callbox.accounts.v1 import accounts_pb2_grpc
from callbox.characters.v1 import appearance_pb2_grpc, characters_pb2_grpc, knowledge_pb2_grpc
from callbox.sessions.v1 import (
    forms_pb2_grpc,
    live_pb2_grpc,
    sessions_pb2,
    sessions_pb2_grpc,
    user_data_pb2_grpc,
    webhooks_pb2_grpc,
)

from services.kit.blobs import Blobs
from services.kit.catalogue_file import CatalogueFile
from services.kit.database import migrate, open_pool
from services.kit.identity import Signer, ensure_keys
from services.kit.livekit_keys import LiveKitKeys, read_keys
from services.kit.logs import get_logger
from services.kit.net.outbound import Outbound
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.rpc.client import connect
from services.kit.rpc.server import Server
from services.kit.rpc.serving import serving
from services.kit.tasks import end
from services.kit.vault import Vault
from services.sessions.account_data.deletion import TenantDeletion
from services.sessions.account_data.service import UserDataService
from services.sessions.adapters.database import SCHEMA, Database
from services.sessions.adapters.live_updates import LiveUpdates
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.adapters.worker_client import WorkerClient
from services.sessions.admission.redis_scripts import RedisScripts
from services.sessions.admission.slots import Admission
from services.sessions.admission.tenant_limits import TenantLimits
from services.sessions.background_tasks import BackgroundTasks
from services.sessions.events.appender import EventAppender
from services.sessions.forms.service import FormResponsesService
from services.sessions.forms.store import FormStore, enqueue_webhook
from services.sessions.history.reader import HistoryReader
from services.sessions.lifecycle.admitter import Admitter
from services.sessions.lifecycle.deadline_timer import DeadlineTimer
from services.sessions.lifecycle.dispatcher import Dispatcher
from services.sessions.lifecycle.livekit_webhook import LiveKitWebhook
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.live.service import LiveService
from services.sessions.live.watcher import Watcher
from services.sessions.metrics import uncounted_answers, uncounted_starts
from services.sessions.readiness import Readiness
from services.sessions.reaper.reaper import Reaper
from services.sessions.reaper.room_reconciler import RoomReconciler
from services.sessions.reference_audio.fetcher import ReferenceAudioFetcher
from services.sessions.reference_audio.storage import ReferenceAudioStore
from services.sessions.service import SessionsService
from services.sessions.settings import SessionsSettings
from services.sessions.start.idempotency import IdempotencyKeys
from services.sessions.start.starter import SessionStarter
from services.sessions.store import Store
from services.sessions.visitor_rates import VisitorRates
from services.sessions.webhooks.deliveries import Deliveries
from services.sessions.webhooks.document_relay import DocumentRelay
from services.sessions.webhooks.endpoints import Endpoints
from services.sessions.webhooks.sender import WebhookSender
from services.sessions.webhooks.service import WebhooksService
from services.sessions.workers import Workers

NAME = "sessions"
_MIGRATIONS = Path(__file__).parent / "migrations"
_SECRETS_KEY = "sessions-secrets.key"
_log = get_logger(__name__)


@dataclass(frozen=True)
class Serving:
    """Where the service listens. port: gRPC. ops_port: HTTP, also for LiveKit's webhook."""

    port: int
    ops_port: int


async def serve(settings: SessionsSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    async with running(settings):
        await stop.wait()


@asynccontextmanager
async def running(settings: SessionsSettings) -> AsyncIterator[Serving]:
    """Serves until the context ends."""
    async with AsyncExitStack() as stack:
        shared = await _open_shared(stack, settings)
        server = Server(settings.listen, settings.keys_dir)
        calls = await _add_calls(stack, shared, server.grpc, settings)
        _add_webhooks(stack, shared, server.grpc, settings)
        _add_forms(stack, shared, server.grpc, settings)
        deletion = TenantDeletion(shared.store, shared.database, calls.lifecycle)
        user_data_pb2_grpc.add_UserDataServiceServicer_to_server(
            UserDataService(shared.database, deletion), server.grpc
        )

        readiness = Readiness(shared.database.pool, shared.scripts, calls.admission, shared.rooms)
        livekit_webhook = LiveKitWebhook(calls.lifecycle, shared.livekit_keys).route()
        ops = ops_server(settings.ops_listen, readiness.check, [livekit_webhook])
        full_name = sessions_pb2.DESCRIPTOR.services_by_name["SessionsService"].full_name
        await stack.enter_async_context(serving(server, full_name, ops, settings.drain_seconds))
        yield Serving(server.port, ops.port)


@dataclass(frozen=True)
class _Shared:
    """What all parts of the service use. accounts, characters: channels to these services."""

    database: Database
    store: Store
    scripts: RedisScripts
    rooms: Rooms
    workers: WorkerClient
    livekit_keys: LiveKitKeys
    signer: Signer
    accounts: grpc.aio.Channel
    characters: grpc.aio.Channel
    background: BackgroundTasks
    live: LiveUpdates
    outbound: Outbound


@dataclass(frozen=True)
class _Calls:
    """The parts that act on calls."""

    lifecycle: Lifecycle
    admission: Admission


async def _open_shared(stack: AsyncExitStack, settings: SessionsSettings) -> _Shared:
    """Waits for PostgreSQL and Redis, and opens all connections."""
    ensure_keys(settings.keys_dir, [NAME])
    signer = Signer(settings.keys_dir, NAME)
    livekit_keys = read_keys(settings.livekit_keys_file)
    await until_up("PostgreSQL", lambda: migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    pool = await open_pool(settings.database_url, SCHEMA)
    stack.push_async_callback(pool.close)
    database = Database(pool)
    scripts = RedisScripts(settings.redis_url)
    stack.push_async_callback(scripts.close)
    await until_up("Redis", scripts.ping)
    rooms = Rooms(settings.livekit_url, livekit_keys, settings.join_seconds)
    stack.push_async_callback(rooms.close)
    accounts, characters = connect(settings.accounts_address), connect(settings.characters_address)
    stack.push_async_callback(accounts.close)
    stack.push_async_callback(characters.close)
    # Closed after the background tasks, which use it.
    workers = WorkerClient(signer)
    stack.push_async_callback(workers.close)
    background = BackgroundTasks()
    stack.push_async_callback(background.close)
    live = LiveUpdates(settings.redis_url)
    stack.push_async_callback(live.close)
    live.start()
    if settings.outbound_allow:
        _log.warning("CALLBOX_OUTBOUND_ALLOW opens private addresses to every tenant", to=settings.outbound_allow)
    outbound = await stack.enter_async_context(Outbound(settings.outbound_allow))
    return _Shared(
        database,
        Store(database),
        scripts,
        rooms,
        workers,
        livekit_keys,
        signer,
        accounts,
        characters,
        background,
        live,
        outbound,
    )


async def _add_calls(
    stack: AsyncExitStack, shared: _Shared, server: grpc.aio.Server, settings: SessionsSettings
) -> _Calls:
    """Starting, carrying, watching, ending and reading calls."""
    database, store, rooms, live, background = (
        shared.database,
        shared.store,
        shared.rooms,
        shared.live,
        shared.background,
    )
    timer = DeadlineTimer()
    admission = Admission(shared.scripts, settings, store.held_slots)
    await admission.restore()
    limits = TenantLimits(accounts_pb2_grpc.AccountsServiceStub(shared.accounts), shared.signer)
    admitter = Admitter(store, admission, rooms, background, settings)
    dispatcher = Dispatcher(store, admission, rooms, shared.workers, background, timer, settings)
    lifecycle = Lifecycle(store, admission, admitter, rooms, dispatcher, limits, background, timer, settings, live)
    idempotency_keys = IdempotencyKeys(database, background)
    # A client of its own: slow servers of recordings must not delay webhooks.
    recordings = await stack.enter_async_context(Outbound(settings.outbound_allow))
    reference_audio = ReferenceAudioStore(Blobs(settings), settings.reference_audio_seconds)
    stack.push_async_callback(end, asyncio.create_task(reference_audio.run(), name="reference audio sweep"))
    rates = VisitorRates(
        settings.redis_url,
        "callbox:start-rates",
        "calls started",
        settings.start_rate_by_address,
        settings.start_rate_by_character,
        uncounted_starts,
    )
    stack.push_async_callback(rates.close)
    starter = SessionStarter(
        characters_pb2_grpc.CharactersServiceStub(shared.characters),
        limits,
        rates,
        admitter,
        store,
        idempotency_keys,
        rooms,
        shared.livekit_keys,
        lifecycle,
        dispatcher,
        ReferenceAudioFetcher(recordings),
        reference_audio,
        CatalogueFile(settings.catalogue),
        settings,
    )
    events, history = EventAppender(database, lifecycle, live, settings.prices), HistoryReader(database)
    service = SessionsService(starter, Workers(store, admission, settings), reference_audio, events, history, lifecycle)
    sessions_pb2_grpc.add_SessionsServiceServicer_to_server(service, server)
    watcher = Watcher(database, history, live, settings.streams_per_tenant)
    live_pb2_grpc.add_LiveServiceServicer_to_server(LiveService(store, history, live, watcher), server)

    reconciler = RoomReconciler(store, database, rooms, lifecycle, background)
    reaper = Reaper(
        store,
        database,
        admission,
        lifecycle,
        timer,
        settings,
        reconciler.reconcile,
        idempotency_keys.delete_expired,
    )
    stack.push_async_callback(end, asyncio.create_task(reaper.run(), name="reaper"))
    return _Calls(lifecycle, admission)


def _add_webhooks(stack: AsyncExitStack, shared: _Shared, server: grpc.aio.Server, settings: SessionsSettings) -> None:
    """Webhooks: the endpoints of tenants, and the tasks that send to them."""
    vault = Vault.open(settings.data_dir / _SECRETS_KEY)
    endpoints, deliveries = Endpoints(shared.database), Deliveries(shared.database)
    sender = WebhookSender(
        deliveries,
        vault,
        shared.outbound,
        poll_seconds=settings.webhook_poll_seconds,
        first_pause_seconds=settings.webhook_retry_seconds,
        keep_days=settings.webhook_keep_days,
    )
    stack.push_async_callback(end, asyncio.create_task(sender.run(), name="webhook sender"))
    knowledge = knowledge_pb2_grpc.KnowledgeServiceStub(shared.characters)
    relay = DocumentRelay(shared.database, knowledge, shared.signer, poll_seconds=settings.webhook_poll_seconds)
    stack.push_async_callback(end, asyncio.create_task(relay.run(), name="document relay"))
    service = WebhooksService(endpoints, deliveries, vault, shared.outbound.allowed)
    webhooks_pb2_grpc.add_WebhooksServiceServicer_to_server(service, server)


def _add_forms(stack: AsyncExitStack, shared: _Shared, server: grpc.aio.Server, settings: SessionsSettings) -> None:
    """Form responses."""
    rates = VisitorRates(
        settings.redis_url,
        "callbox:form-rates",
        "answers",
        settings.form_rate_by_address,
        settings.form_rate_by_character,
        uncounted_answers,
    )
    stack.push_async_callback(rates.close)
    service = FormResponsesService(
        FormStore(shared.database, [enqueue_webhook]),
        rates,
        shared.live,
        appearance_pb2_grpc.AppearanceServiceStub(shared.characters),
        characters_pb2_grpc.CharactersServiceStub(shared.characters),
    )
    forms_pb2_grpc.add_FormResponsesServiceServicer_to_server(service, server)
