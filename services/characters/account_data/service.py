"""RPC handlers that export and delete what a tenant has."""

from typing import Any

import grpc
from callbox.characters.v1 import user_data_pb2 as pb
from callbox.characters.v1 import user_data_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.characters import statements
from services.characters.account_data import holdings
from services.kit import account_data
from services.kit.blobs import Blobs
from services.kit.database import Pool
from services.kit.rpc import context as request_context
from services.kit.rpc.context import current_user

# Time of one deletion request; the caller asks again until everything is deleted.
_DELETE_SECONDS = 2.0
Context = grpc.aio.ServicerContext[Any, Any]


class UserDataService(user_data_pb2_grpc.UserDataServiceServicer):
    """Data of the tenant of the user who asks."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self._blobs = blobs

    async def WithdrawUserData(self, request: pb.WithdrawUserDataRequest, context: Context) -> Empty:  # noqa: N802
        """Deletes characters as their owner would, so that nothing resolves to them any more."""
        await self._pool.execute(statements.DELETE_CHARACTERS_OF_TENANT, current_user().tenant_id)
        return Empty()

    async def DeleteUserData(self, request: pb.DeleteUserDataRequest, context: Context) -> pb.DeleteUserDataResponse:  # noqa: N802
        """Deletes rows and files until none is left or the time is up."""
        seconds = request_context.remaining_seconds(_DELETE_SECONDS) / 2
        done = await holdings.delete(self._pool, self._blobs, current_user().tenant_id, seconds)
        return pb.DeleteUserDataResponse(done=done)

    async def ExportUserData(self, request: pb.ExportUserDataRequest, context: Context) -> pb.ExportUserDataResponse:  # noqa: N802
        """Reads a page of the tenant's rows, secrets masked."""
        page = await account_data.export(self._pool, holdings.HOLDINGS, current_user().tenant_id, request.page_token)
        return pb.ExportUserDataResponse(collection=page.collection, items=page.structs(), next_page_token=page.token)
