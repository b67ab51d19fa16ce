"""Wires the sessions service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

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
from services.kit.client import connect
from services.kit.identity import Signer, ensure_keys
from services.kit.logs import get_logger
from services.kit.ops import ops_server
from services.kit.outbound import Outbound
from services.kit.process import until_up
from services.kit.server import Server
from services.kit.serving import serving
from services.kit.tasks import end
from services.kit.vault import Vault
from services.sessions.admission import Admission
from services.sessions.alarm import Alarm
from services.sessions.chores import Chores
from services.sessions.departure import Departure
from services.sessions.events import Events
from services.sessions.form_rates import FormRates
from services.sessions.form_store import FormStore, tell_webhooks
from services.sessions.forms import FormResponsesService
from services.sessions.history import History
from services.sessions.intake import Intake
from services.sessions.lifecycle import Lifecycle
from services.sessions.limits import Limits
from services.sessions.live import Live
from services.sessions.live_service import LiveService
from services.sessions.livekit import Rooms, read_keys
from services.sessions.lookout import Lookout
from services.sessions.readiness import Readiness
from services.sessions.reaper import Reaper
from services.sessions.redis_scripts import Scripts
from services.sessions.reference import References
from services.sessions.service import SessionsService
from services.sessions.settings import SessionsSettings
from services.sessions.start_keys import StartKeys
from services.sessions.store import SCHEMA, Store
from services.sessions.user_data_service import UserDataService
from services.sessions.watching import Watching
from services.sessions.webhook import Webhook
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

        store, alarm, chores = Store(pool), Alarm(), Chores()
        stack.push_async_callback(chores.close)
        live = Live(settings.redis_url)
        stack.push_async_callback(live.close)
        live.start()
        admission = Admission(scripts, settings, store.held_slots)
        await admission.restore()
        limits = Limits(accounts_pb2_grpc.AccountsServiceStub(accounts), signer)
        lifecycle = Lifecycle(store, admission, rooms, limits, chores, alarm, settings, live)
        if settings.outbound_allow:
            _log.warning("CALLBOX_OUTBOUND_ALLOW opens private addresses to every tenant", to=settings.outbound_allow)
        outbound = await stack.enter_async_context(Outbound(settings.outbound_allow))
        start_keys = StartKeys(store, chores)
        intake = Intake(
            characters_pb2_grpc.CharactersServiceStub(characters),
            limits,
            admission,
            store,
            start_keys,
            rooms,
            keys,
            lifecycle,
            alarm,
            References(outbound),
            settings,
        )
        workers = Workers(store, admission, settings)
        history = History(store)
        service = SessionsService(intake, workers, Events(store, lifecycle, live, settings.prices), history, lifecycle)
        watching = Watching(store, history, live, settings.streams_per_tenant)

        lookout = Lookout(store, rooms, lifecycle, chores)
        reaper = asyncio.create_task(
            Reaper(store, admission, lifecycle, alarm, settings, lookout.look, start_keys.purge).run(), name="reaper"
        )
        stack.push_async_callback(end, reaper)
        vault = Vault.open(settings.data_dir / _SECRETS_KEY)
        endpoints, deliveries = Endpoints(store), Deliveries(store)
        courier = Courier(
            deliveries,
            vault,
            outbound,
            poll_seconds=settings.webhook_poll_seconds,
            first_pause_seconds=settings.webhook_retry_seconds,
            keep_days=settings.webhook_keep_days,
        )
        stack.push_async_callback(end, asyncio.create_task(courier.run(), name="courier"))
        knowledge = knowledge_pb2_grpc.KnowledgeServiceStub(characters)
        relay = DocumentRelay(store, knowledge, signer, poll_seconds=settings.webhook_poll_seconds)
        stack.push_async_callback(end, asyncio.create_task(relay.run(), name="document relay"))
        readiness = Readiness(pool, scripts, admission, rooms)
        ops = ops_server(settings.ops_listen, readiness.check, [Webhook(lifecycle, keys).route()])
        server = Server(settings.listen, settings.keys_dir)
        sessions_pb2_grpc.add_SessionsServiceServicer_to_server(service, server.grpc)
        webhooks = WebhooksService(endpoints, deliveries, vault, outbound.allowed)
        webhooks_pb2_grpc.add_WebhooksServiceServicer_to_server(webhooks, server.grpc)
        user_data_pb2_grpc.add_UserDataServiceServicer_to_server(
            UserDataService(store, Departure(store, lifecycle)), server.grpc
        )
        live_pb2_grpc.add_LiveServiceServicer_to_server(LiveService(store, history, live, watching), server.grpc)
        rates = FormRates(settings.redis_url, settings.form_rate_by_address, settings.form_rate_by_character)
        stack.push_async_callback(rates.close)
        forms = FormResponsesService(
            FormStore(store, [tell_webhooks]),
            rates,
            live,
            appearance_pb2_grpc.AppearanceServiceStub(characters),
            characters_pb2_grpc.CharactersServiceStub(characters),
        )
        forms_pb2_grpc.add_FormResponsesServiceServicer_to_server(forms, server.grpc)
        full_name = sessions_pb2.DESCRIPTOR.services_by_name["SessionsService"].full_name
        await stack.enter_async_context(serving(server, full_name, ops, settings.drain_seconds))
        yield Serving(server.port, ops.port)
