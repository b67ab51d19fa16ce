"""Wires the sessions service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from callbox.accounts.v1 import accounts_pb2_grpc
from callbox.characters.v1 import appearance_pb2_grpc, characters_pb2_grpc
from callbox.sessions.v1 import forms_pb2_grpc, sessions_pb2, sessions_pb2_grpc

from services.kit import database
from services.kit.client import connect
from services.kit.identity import Signer, ensure_keys
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.server import Server
from services.kit.serving import serving
from services.kit.tasks import end
from services.sessions.admission import Admission
from services.sessions.alarm import Alarm
from services.sessions.chores import Chores
from services.sessions.events import Events
from services.sessions.form_rates import FormRates
from services.sessions.form_store import FormStore
from services.sessions.forms import FormResponsesService
from services.sessions.history import History
from services.sessions.intake import Intake
from services.sessions.lifecycle import Lifecycle
from services.sessions.limits import Limits
from services.sessions.livekit import Rooms, read_keys
from services.sessions.lookout import Lookout
from services.sessions.readiness import Readiness
from services.sessions.reaper import Reaper
from services.sessions.redis_scripts import Scripts
from services.sessions.service import SessionsService
from services.sessions.settings import SessionsSettings
from services.sessions.store import SCHEMA, Store
from services.sessions.webhook import Webhook
from services.sessions.workers import Workers

NAME = "sessions"
_MIGRATIONS = Path(__file__).parent / "migrations"


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
        admission = Admission(scripts, settings, store.held_slots)
        await admission.restore()
        limits = Limits(accounts_pb2_grpc.AccountsServiceStub(accounts), signer)
        lifecycle = Lifecycle(store, admission, rooms, limits, chores, alarm, settings)
        intake = Intake(
            characters_pb2_grpc.CharactersServiceStub(characters),
            limits,
            admission,
            store,
            rooms,
            keys,
            lifecycle,
            alarm,
            settings,
        )
        workers = Workers(store, admission, settings)
        service = SessionsService(intake, workers, Events(store, lifecycle), History(store), lifecycle)

        lookout = Lookout(store, rooms, lifecycle, chores)
        reaper = asyncio.create_task(
            Reaper(store, admission, lifecycle, alarm, settings, lookout.look).run(), name="reaper"
        )
        stack.push_async_callback(end, reaper)
        readiness = Readiness(pool, scripts, admission, rooms)
        ops = ops_server(settings.ops_listen, readiness.check, [Webhook(lifecycle, keys).route()])
        server = Server(settings.listen, settings.keys_dir)
        sessions_pb2_grpc.add_SessionsServiceServicer_to_server(service, server.grpc)
        rates = FormRates(settings.redis_url, settings.form_rate_by_address, settings.form_rate_by_character)
        stack.push_async_callback(rates.close)
        forms = FormResponsesService(
            FormStore(store),
            rates,
            appearance_pb2_grpc.AppearanceServiceStub(characters),
            characters_pb2_grpc.CharactersServiceStub(characters),
        )
        forms_pb2_grpc.add_FormResponsesServiceServicer_to_server(forms, server.grpc)
        full_name = sessions_pb2.DESCRIPTOR.services_by_name["SessionsService"].full_name
        await stack.enter_async_context(serving(server, full_name, ops, settings.drain_seconds))
        yield Serving(server.port, ops.port)
