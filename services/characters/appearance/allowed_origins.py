"""RPC handlers that tell the gateway which origins may start calls with a character (`Gate` in the protocol)."""

from typing import Any

import grpc
from callbox.characters.v1 import gates_pb2 as pb
from callbox.characters.v1 import gates_pb2_grpc

from services.characters.access import CHARACTER
from services.characters.store import CharacterStore
from services.kit.errors import not_found
from services.kit.identity import GATEWAY_ISSUER
from services.kit.rpc.context import require_service

Context = grpc.aio.ServicerContext[Any, Any]


class GatesService(gates_pb2_grpc.GatesServiceServicer):
    """Origins from which calls may be started."""

    def __init__(self, store: CharacterStore) -> None:
        self._store = store

    async def GetGate(self, request: pb.GetGateRequest, context: Context) -> pb.Gate:  # noqa: N802
        """Reads the allowed origins of an active character."""
        require_service(GATEWAY_ISSUER)
        character = await self._store.find_access_rules(request.agent)
        if character is None or not character.is_active:
            raise not_found(CHARACTER)
        return pb.Gate(character_id=character.id, slug=character.slug, allowed_origins=character.allowed_origins)
