"""The RPC handlers of gates."""

from typing import Any

import grpc
from callbox.characters.v1 import gates_pb2 as pb
from callbox.characters.v1 import gates_pb2_grpc

from services.characters.access import WHAT
from services.characters.store import Store
from services.kit.errors import not_found
from services.kit.identity import GATEWAY_ISSUER
from services.kit.rpc.context import require_service

Context = grpc.aio.ServicerContext[Any, Any]


class GatesService(gates_pb2_grpc.GatesServiceServicer):
    """What decides at the door whether a page may start calls."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def GetGate(self, request: pb.GetGateRequest, context: Context) -> pb.Gate:  # noqa: N802
        """Reads the gate of an active character."""
        require_service(GATEWAY_ISSUER)
        shown = await self._store.shown(request.agent)
        if shown is None or not shown.is_active:
            raise not_found(WHAT)
        return pb.Gate(character_id=shown.id, slug=shown.slug, allowed_origins=shown.allowed_origins)
