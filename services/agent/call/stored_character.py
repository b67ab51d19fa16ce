"""What a call asks the characters service about its character: secrets, and passages of its documents."""

import asyncio
from collections.abc import Mapping

import grpc
import structlog
from callbox.characters.v1 import characters_pb2, characters_pb2_grpc, knowledge_pb2, knowledge_pb2_grpc

from services.kit.character_definition.masks import is_mask
from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.rpc.client import call

_SECRETS_SECONDS = 1.5
_SEARCH_SECONDS = 4.0
_log = structlog.get_logger(__name__)


class StoredCharacter:
    """The character of a call, as the characters service knows it."""

    def __init__(self, channel: grpc.aio.Channel, signer: Signer, character: characters_pb2.CharacterSnapshot) -> None:
        self._characters = characters_pb2_grpc.CharactersServiceStub(channel)
        self._knowledge = knowledge_pb2_grpc.KnowledgeServiceStub(channel)
        self._signer = signer
        self._character = character
        self._read: characters_pb2.ReadSecretsResponse | None = None
        self._reading = asyncio.Lock()

    async def llm_key(self) -> str:
        """The character's own key for the language model; empty when it has none or it cannot be read."""
        if not self._character.has_llm_api_key:
            return ""
        try:
            return (await self._secrets()).llm_api_key
        except CallboxError as fault:
            _log.warning("the character's key cannot be read, the default is used", message=fault.message)
            return ""

    async def headers(self, owner: str, shown: Mapping[str, str]) -> Mapping[str, str]:
        """Headers with their secrets in the places of the masks.

        owner: `tools/<name>` or `mcp_servers/<name>`. Raises: CallboxError when the secrets cannot be read.
        """
        if not any(map(is_mask, shown.values())):
            return shown
        kept = (await self._secrets()).headers
        return {
            name: kept.get(f"{owner}/{name.lower()}", "") if is_mask(value) else value for name, value in shown.items()
        }

    async def kb_query_key(self) -> str:
        """The key for the character's `kb_query_url`; may be empty. Raises: CallboxError."""
        return (await self._secrets()).kb_query_api_key

    async def search(self, query: str, count: int) -> knowledge_pb2.SearchResponse:
        """Passages of the character's documents, best first. Raises: CallboxError."""
        request = knowledge_pb2.SearchRequest(character=self._character.character_id, query=query, top_k=count)
        return await call(
            self._knowledge.Search, request, identity=self._signer.service_token(), deadline_seconds=_SEARCH_SECONDS
        )

    async def _secrets(self) -> characters_pb2.ReadSecretsResponse:
        """The secrets; read once, and again after that failed. Raises: CallboxError."""
        async with self._reading:
            if self._read is None:
                request = characters_pb2.ReadSecretsRequest(
                    character_id=self._character.character_id, version=self._character.version
                )
                self._read = await call(
                    self._characters.ReadSecrets,
                    request,
                    identity=self._signer.service_token(),
                    deadline_seconds=_SECRETS_SECONDS,
                )
            return self._read
