"""Wires the characters service and serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callbox.characters.v1 import characters_pb2, characters_pb2_grpc, knowledge_pb2_grpc

from services.characters.knowledge.database import open_pool as open_knowledge_pool
from services.characters.knowledge.documents import Documents
from services.characters.knowledge.embeddings import Embeddings
from services.characters.knowledge.search import Search
from services.characters.knowledge.service import KnowledgeService
from services.characters.service import CharactersService
from services.characters.settings import CharactersSettings
from services.characters.store import Store
from services.characters.vault import Vault
from services.kit import database
from services.kit.addresses import Allowances
from services.kit.blobs import Blobs
from services.kit.logs import get_logger
from services.kit.ops import ops_server
from services.kit.process import until_up
from services.kit.server import Server
from services.kit.serving import serving

SCHEMA = "characters"
_MIGRATIONS = Path(__file__).parent / "migrations"
_SECRETS_KEY = "characters-secrets.key"
_log = get_logger(__name__)


@asynccontextmanager
async def running(settings: CharactersSettings) -> AsyncIterator[Server]:
    """The service, serving; ended with the context."""
    if settings.debug:
        _log.warning("CALLBOX_DEBUG IS ON: ANY WEB SITE MAY START CALLS, allowed_origins is not checked. Unset it.")
    vault = Vault.open(settings.data_dir / _SECRETS_KEY)
    await until_up("PostgreSQL", lambda: database.migrate(settings.database_url, SCHEMA, _MIGRATIONS))
    server = Server(settings.listen, settings.keys_dir)
    async with (
        await database.open_pool(settings.database_url, SCHEMA) as pool,
        await open_knowledge_pool(settings.database_url, SCHEMA) as knowledge_pool,
        Embeddings(settings.triton_address) as embeddings,
    ):
        store = Store(pool)
        service = CharactersService(store, vault, check_origins=not settings.debug)
        characters_pb2_grpc.add_CharactersServiceServicer_to_server(service, server.grpc)
        knowledge = KnowledgeService(
            store,
            Documents(knowledge_pool),
            Blobs(settings),
            Search(knowledge_pool, embeddings),
            Allowances.parse(settings.outbound_allowed),
        )
        knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server(knowledge, server.grpc)

        async def readiness() -> dict[str, str | None]:
            return {"database": await database.check(pool)}

        full_name = characters_pb2.DESCRIPTOR.services_by_name["CharactersService"].full_name
        ops = ops_server(settings.ops_listen, readiness)
        async with serving(server, full_name, ops, settings.drain_seconds):
            yield server


async def serve(settings: CharactersSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    async with running(settings):
        await stop.wait()
