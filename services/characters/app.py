"""Wires the characters service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from callbox.characters.v1 import (
    appearance_pb2_grpc,
    characters_pb2,
    characters_pb2_grpc,
    gates_pb2_grpc,
    knowledge_pb2_grpc,
    media_pb2_grpc,
    user_data_pb2_grpc,
)

from services.characters.account_data.service import UserDataService
from services.characters.appearance.allowed_origins import GatesService
from services.characters.appearance.service import AppearanceService
from services.characters.knowledge.database import open_pool as open_knowledge_pool
from services.characters.knowledge.documents import DocumentStore
from services.characters.knowledge.embeddings import EmbeddingClient
from services.characters.knowledge.search import Search
from services.characters.knowledge.service import KnowledgeService
from services.characters.media.cleanup import MediaCleanup
from services.characters.media.service import MediaService
from services.characters.media.store import MediaStore
from services.characters.owner_view import OwnerView
from services.characters.reseal import reseal
from services.characters.service import CharactersService
from services.characters.settings import CharactersSettings
from services.characters.store import CharacterStore
from services.kit import database
from services.kit.blobs import Blobs
from services.kit.logs import get_logger
from services.kit.net.url_policy import Allowances
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.rpc.server import Server
from services.kit.rpc.serving import serving
from services.kit.vault import Vault

SCHEMA = "characters"
_MIGRATIONS = Path(__file__).parent / "migrations"
_SECRETS_KEY = "characters-secrets.key"
_RESEAL_PASSES = 5
_log = get_logger(__name__)


@asynccontextmanager
async def running(settings: CharactersSettings) -> AsyncIterator[Server]:
    """Serves as long as the block runs."""
    if settings.debug:
        _log.warning("CALLBOX_DEBUG IS ON: ANY WEB SITE MAY START CALLS, allowed_origins is not checked. Unset it.")
    vault = Vault.open(settings.data_dir / _SECRETS_KEY)
    await until_up("PostgreSQL", lambda: database.migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    server = Server(settings.listen, settings.keys_dir)
    blobs, allowed = Blobs(settings), Allowances.parse(settings.outbound_allow)
    async with (
        await database.open_pool(settings.database_url, SCHEMA) as pool,
        # The document queue needs JSON as text, the tables of characters need it as Python objects.
        await open_knowledge_pool(settings.database_url, SCHEMA) as knowledge_pool,
        EmbeddingClient(settings.triton_address) as embeddings,
    ):
        store, media_store = CharacterStore(pool, settings.versions_kept), MediaStore(pool, blobs)
        documents, check_origins = DocumentStore(knowledge_pool), not settings.debug
        view = OwnerView(documents, blobs)
        cleanup = MediaCleanup(media_store, settings.media_sweep_seconds)

        characters = CharactersService(store, view, vault, allowed, cleanup.request, check_origins=check_origins)
        gates, appearance = GatesService(store), AppearanceService(store, check_origins=check_origins)
        media = MediaService(store, view, media_store, vault, allowed)
        knowledge = KnowledgeService(store, documents, blobs, Search(knowledge_pool, embeddings), allowed)
        characters_pb2_grpc.add_CharactersServiceServicer_to_server(characters, server.grpc)
        gates_pb2_grpc.add_GatesServiceServicer_to_server(gates, server.grpc)
        appearance_pb2_grpc.add_AppearanceServiceServicer_to_server(appearance, server.grpc)
        media_pb2_grpc.add_MediaServiceServicer_to_server(media, server.grpc)
        knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server(knowledge, server.grpc)
        user_data_pb2_grpc.add_UserDataServiceServicer_to_server(UserDataService(pool, blobs), server.grpc)

        async def readiness() -> dict[str, str | None]:
            return {"database": await database.check(pool)}

        full_name = characters_pb2.DESCRIPTOR.services_by_name["CharactersService"].full_name
        ops = ops_server(settings.ops_listen, readiness)
        async with cleanup.running(), serving(server, full_name, ops, settings.drain_seconds):
            yield server


async def serve(settings: CharactersSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    async with running(settings):
        await stop.wait()


async def reseal_all(settings: CharactersSettings, stop: asyncio.Event) -> None:
    """Encrypts every stored secret with the first key of the key file. May run beside the service.

    Raises: SystemExit with status 1 when no key fits some secret.
    """
    vault = Vault.open(settings.data_dir / _SECRETS_KEY)
    async with await database.open_pool(settings.database_url, SCHEMA) as pool:
        store = CharacterStore(pool, settings.versions_kept)
        # A change that began before the key file was written may be stored after the first pass.
        for _ in range(_RESEAL_PASSES):
            report = await reseal(store, vault)
            _log.info("stored secrets were looked through", **asdict(report))
            if not report.resealed:
                break
    if report.unreadable:
        _log.error("no key fits some secrets: bring the old key back as the last line and run this again")
        raise SystemExit(1)
