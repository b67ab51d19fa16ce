"""RPC handlers that take a user's calls away, or along."""

from typing import Any

import grpc
from callbox.sessions.v1 import user_data_pb2 as pb
from callbox.sessions.v1 import user_data_pb2_grpc

from services.kit import account_data
from services.kit.rpc import context as request_context
from services.kit.rpc.context import current_user
from services.sessions.account_data.deletion import Departure
from services.sessions.account_data.tables import HOLDINGS
from services.sessions.store import Store

# Of one answer; who asks comes back until all is gone.
_DELETE_SECONDS = 2.0
Context = grpc.aio.ServicerContext[Any, Any]


class UserDataService(user_data_pb2_grpc.UserDataServiceServicer):
    """What sessions holds of the tenant of the user who asks."""

    def __init__(self, store: Store, departure: Departure) -> None:
        self._store = store
        self._departure = departure

    async def DeleteUserData(self, request: pb.DeleteUserDataRequest, context: Context) -> pb.DeleteUserDataResponse:  # noqa: N802
        """Ends every call, then deletes rows until none is left or time is short."""
        user = current_user()
        seconds = request_context.remaining_seconds(_DELETE_SECONDS) / 2
        return pb.DeleteUserDataResponse(done=await self._departure.delete(user.tenant_id, user.user_id, seconds))

    async def ExportUserData(self, request: pb.ExportUserDataRequest, context: Context) -> pb.ExportUserDataResponse:  # noqa: N802
        """Reads calls, what was said in them and what happened."""
        page = await account_data.export(self._store.pool, HOLDINGS, current_user().tenant_id, request.page_token)
        return pb.ExportUserDataResponse(collection=page.collection, items=page.structs(), next_page_token=page.token)
