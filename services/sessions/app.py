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

from services.kit import database
from services.kit.catalogue_file import CatalogueFile
from services.kit.identity import Signer, ensure_keys
from services.kit.logs import get_logger
from services.kit.net.outbound import Outbound
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.rpc.client import connect
from services.kit.rpc.server import Server
from services.kit.rpc.serving import serving
from services.kit.tasks import end
from services.kit.vault import Vault
from services.sessions.account_data.deletion import Departure
from services.sessions.account_data.service import UserDataService
from services.sessions.background import Chores
from services.sessions.forms.rates import FormRates
from services.sessions.forms.service import FormResponsesService
from services.sessions.forms.store import FormStore, tell_webhooks
from services.sessions.history.events import Events
from services.sessions.history.read import History
from services.sessions.lifecycle import Lifecycle
from services.sessions.live.broadcast import Live
from services.sessions.live.service import LiveService
from services.sessions.live.watch import Watching
from services.sessions.livekit.rooms import Keys, Rooms, read_keys
from services.sessions.livekit.webhook import Webhook
from services.sessions.readiness import Readiness
from services.sessions.reaper.reaper import Reaper
from services.sessions.reaper.rooms import Lookout
from services.sessions.reaper.wakeup import Alarm
from services.sessions.redis_scripts import Scripts
from services.sessions.reference_audio.fetch import References
from services.sessions.reference_audio.storage import Recordings
from services.sessions.service import SessionsService
from services.sessions.settings import SessionsSettings
from services.sessions.start.admission import Admission
from services.sessions.start.idempotency import StartKeys
from services.sessions.start.limits import Limits
from services.sessions.start.start import Intake
from services.sessions.store import SCHEMA, Store
from services.sessions.webhooks.courier import Courier
from services.sessions.webhooks.deliveries import Deliveries
from services.sessions.webhooks.documents import DocumentRelay
from services.sessions.webhooks.endpoints import Endpoints
from services.sessions.webhooks.service import WebhooksService
from services.sessions.workers import Workers

NAME = "sessions"
_MIGRATIONS = Path(__file__).parent / "migrations"
_SECRETS_KEY = "sessions-secrets.key"
_log = get_logger(__name__)


@dataclass(frozen=True)
class Serving:
    """Where the service listens. port: gRPC. ops_port: HTTP, LiveKit's webhook among it."""

    port: int
    ops_port: int


async def serve(settings: SessionsSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    async with running(settings):
        await stop.wait()


@asynccontextmanager
async def running(settings: SessionsSettings) -> AsyncIterator[Serving]:
    """The service, serving; ended with the context."""
    async with AsyncExitStack() as stack:
        ground = await _ground(stack, settings)
        server = Server(settings.listen, settings.keys_dir)
        calls = await _calls(stack, ground, server.grpc, settings)
        _webhooks(stack, ground, server.grpc, settings)
        _forms(stack, ground, server.grpc, settings)
        leaving = UserDataService(ground.store, Departure(ground.store, calls.lifecycle))
        user_data_pb2_grpc.add_UserDataServiceServicer_to_server(leaving, server.grpc)

        readiness = Readiness(ground.store.pool, ground.scripts, calls.admission, ground.rooms)
        hook = Webhook(calls.lifecycle, ground.keys).route()
        ops = ops_server(settings.ops_listen, readiness.check, [hook])
        full_name = sessions_pb2.DESCRIPTOR.services_by_name["SessionsService"].full_name
        await stack.enter_async_context(serving(server, full_name, ops, settings.drain_seconds))
        yield Serving(server.port, ops.port)


@dataclass(frozen=True)
class _Ground:
    """What all parts stand on. accounts, characters: channels to these services."""

    store: Store
    scripts: Scripts
    rooms: Rooms
    keys: Keys
    signer: Signer
    accounts: grpc.aio.Channel
    characters: grpc.aio.Channel
    chores: Chores
    live: Live
    outbound: Outbound


@dataclass(frozen=True)
class _Calls:
    """The life of calls, for others to act on."""

    lifecycle: Lifecycle
    admission: Admission


async def _ground(stack: AsyncExitStack, settings: SessionsSettings) -> _Ground:
    """Databases that answer, and connections to the services around."""
    ensure_keys(settings.keys_dir, [NAME])
    signer = Signer(settings.keys_dir, NAME)
    keys = read_keys(settings.livekit_keys_file)
    await until_up("PostgreSQL", lambda: database.migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    pool = await database.open_pool(settings.database_url, SCHEMA)
    stack.push_async_callback(pool.close)
    scripts = Scripts(settings.redis_url)
    stack.push_async_callback(scripts.close)
    await until_up("Redis", scripts.ping)
    rooms = Rooms(settings.livekit_url, keys, settings.join_seconds)
    stack.push_async_callback(rooms.close)
    accounts, characters = connect(settings.accounts_address), connect(settings.characters_address)
    stack.push_async_callback(accounts.close)
    stack.push_async_callback(characters.close)
    chores = Chores()
    stack.push_async_callback(chores.close)
    live = Live(settings.redis_url)
    stack.push_async_callback(live.close)
    live.start()
    if settings.outbound_allow:
        _log.warning("CALLBOX_OUTBOUND_ALLOW opens private addresses to every tenant", to=settings.outbound_allow)
    outbound = await stack.enter_async_context(Outbound(settings.outbound_allow))
    return _Ground(Store(pool), scripts, rooms, keys, signer, accounts, characters, chores, live, outbound)


async def _calls(stack: AsyncExitStack, ground: _Ground, server: grpc.aio.Server, settings: SessionsSettings) -> _Calls:
    """Calls: how they begin, go on, are watched, end and are read back."""
    store, rooms, live, chores = ground.store, ground.rooms, ground.live, ground.chores
    alarm = Alarm()
    admission = Admission(ground.scripts, settings, store.held_slots)
    await admission.restore()
    limits = Limits(accounts_pb2_grpc.AccountsServiceStub(ground.accounts), ground.signer)
    lifecycle = Lifecycle(store, admission, rooms, limits, chores, alarm, settings, live)
    start_keys = StartKeys(store, chores)
    recordings = Recordings(settings.redis_url, settings.recording_seconds)
    stack.push_async_callback(recordings.close)
    intake = Intake(
        characters_pb2_grpc.CharactersServiceStub(ground.characters),
        limits,
        admission,
        store,
        start_keys,
        rooms,
        ground.keys,
        lifecycle,
        alarm,
        References(ground.outbound),
        recordings,
        CatalogueFile(settings.catalogue),
        settings,
    )
    events, history = Events(store, lifecycle, live, settings.prices), History(store)
    service = SessionsService(intake, Workers(store, admission, settings), recordings, events, history, lifecycle)
    sessions_pb2_grpc.add_SessionsServiceServicer_to_server(service, server)
    watching = Watching(store, history, live, settings.streams_per_tenant)
    live_pb2_grpc.add_LiveServiceServicer_to_server(LiveService(store, history, live, watching), server)

    lookout = Lookout(store, rooms, lifecycle, chores)
    reaper = Reaper(store, admission, lifecycle, alarm, settings, lookout.look, start_keys.purge)
    stack.push_async_callback(end, asyncio.create_task(reaper.run(), name="reaper"))
    return _Calls(lifecycle, admission)


def _webhooks(stack: AsyncExitStack, ground: _Ground, server: grpc.aio.Server, settings: SessionsSettings) -> None:
    """Webhooks: where tenants are told, and what carries it there."""
    vault = Vault.open(settings.data_dir / _SECRETS_KEY)
    endpoints, deliveries = Endpoints(ground.store), Deliveries(ground.store)
    courier = Courier(
        deliveries,
        vault,
        ground.outbound,
        poll_seconds=settings.webhook_poll_seconds,
        first_pause_seconds=settings.webhook_retry_seconds,
        keep_days=settings.webhook_keep_days,
    )
    stack.push_async_callback(end, asyncio.create_task(courier.run(), name="courier"))
    knowledge = knowledge_pb2_grpc.KnowledgeServiceStub(ground.characters)
    relay = DocumentRelay(ground.store, knowledge, ground.signer, poll_seconds=settings.webhook_poll_seconds)
    stack.push_async_callback(end, asyncio.create_task(relay.run(), name="document relay"))
    service = WebhooksService(endpoints, deliveries, vault, ground.outbound.allowed)
    webhooks_pb2_grpc.add_WebhooksServiceServicer_to_server(service, server)


def _forms(stack: AsyncExitStack, ground: _Ground, server: grpc.aio.Server, settings: SessionsSettings) -> None:
    """Answers to forms."""
    rates = FormRates(settings.redis_url, settings.form_rate_by_address, settings.form_rate_by_character)
    stack.push_async_callback(rates.close)
    service = FormResponsesService(
        FormStore(ground.store, [tell_webhooks]),
        rates,
        ground.live,
        appearance_pb2_grpc.AppearanceServiceStub(ground.characters),
        characters_pb2_grpc.CharactersServiceStub(ground.characters),
    )
    forms_pb2_grpc.add_FormResponsesServiceServicer_to_server(service, server)
