"""The RPC handlers that delete and export a user's data."""

from typing import Any

import grpc
from callbox.sessions.v1 import user_data_pb2 as pb
from callbox.sessions.v1 import user_data_pb2_grpc

from services.kit import account_data
from services.kit.rpc import context as request_context
from services.kit.rpc.context import current_user
from services.sessions.account_data.deletion import TenantDeletion
from services.sessions.account_data.tables import HOLDINGS
from services.sessions.adapters.database import Database

# For one request; the client repeats it until everything is deleted.
_DELETE_SECONDS = 2.0
Context = grpc.aio.ServicerContext[Any, Any]


class UserDataService(user_data_pb2_grpc.UserDataServiceServicer):
    """Data of the user's tenant."""

    def __init__(self, database: Database, deletion: TenantDeletion) -> None:
        self._database = database
        self._deletion = deletion

    async def DeleteUserData(self, request: pb.DeleteUserDataRequest, context: Context) -> pb.DeleteUserDataResponse:  # noqa: N802
        """Ends every call, then deletes rows until none is left or the time is over."""
        user = current_user()
        seconds = request_context.remaining_seconds(_DELETE_SECONDS) / 2
        return pb.DeleteUserDataResponse(done=await self._deletion.delete(user.tenant_id, user.user_id, seconds))

    async def ExportUserData(self, request: pb.ExportUserDataRequest, context: Context) -> pb.ExportUserDataResponse:  # noqa: N802
        """Reads one page of calls, turns, events, form answers and webhooks."""
        page = await account_data.export(self._database.pool, HOLDINGS, current_user().tenant_id, request.page_token)
        return pb.ExportUserDataResponse(collection=page.collection, items=page.structs(), next_page_token=page.token)
