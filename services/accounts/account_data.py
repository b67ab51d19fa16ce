"""The RPC handlers that delete and export a user's data."""

from callbox.accounts.v1 import user_data_pb2 as pb
from callbox.accounts.v1 import user_data_pb2_grpc

from services.accounts.authentication import Authenticator
from services.accounts.client_address import Context, client_address
from services.accounts.key_usage import KeyUsage
from services.accounts.store import Store
from services.kit import account_data
from services.kit.account_data import Holding
from services.kit.database import Pool
from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind, Signer
from services.kit.rpc.context import current_user

_OF_USERS = "user_id in (select id from users where tenant_id = $1)"
# What an export shows. Deletion does not use this list: deleting the user deletes all of it.
HOLDINGS = (
    Holding("tenants", "id = $1"),
    Holding("users", hidden=frozenset({"email_key", "password_hash", "deleting_at"})),
    Holding("external_logins", _OF_USERS, ("issuer", "subject")),
    Holding("api_keys", _OF_USERS, ("seq",), hidden=frozenset({"seq"})),
)


class UserDataService(user_data_pb2_grpc.UserDataServiceServicer):
    """The data of a user in accounts."""

    def __init__(self, pool: Pool, store: Store, authenticator: Authenticator, signer: Signer, usage: KeyUsage) -> None:
        self._pool = pool
        self._store = store
        self._authenticator = authenticator
        self._signer = signer
        self._usage = usage

    async def BeginUserDeletion(  # noqa: N802
        self, request: pb.BeginUserDeletionRequest, context: Context
    ) -> pb.BeginUserDeletionResponse:
        """Deletes the credentials of a user after a check of the password."""
        address = client_address(request.client_address, context)
        user = await self._authenticator.reauthenticate(request.access_token, request.password, address)
        marked = await self._store.begin_deletion(user["id"])
        if marked is None:
            raise CallboxError(Code.NOT_AUTHENTICATED, "This account does not exist any more.")
        identity = Identity(Kind.USER, user_id=marked["id"], tenant_id=marked["tenant_id"])
        return pb.BeginUserDeletionResponse(identity_token=self._signer.sign(identity))

    async def DeleteUserData(self, request: pb.DeleteUserDataRequest, context: Context) -> pb.DeleteUserDataResponse:  # noqa: N802
        """Deletes a user whose deletion has begun, and their tenant."""
        await self._store.delete_user(current_user().user_id)
        return pb.DeleteUserDataResponse(done=True)

    async def ExportUserData(self, request: pb.ExportUserDataRequest, context: Context) -> pb.ExportUserDataResponse:  # noqa: N802
        """Reads the user, their tenant and the previews of their keys."""
        await self._usage.flush()
        page = await account_data.export(self._pool, HOLDINGS, current_user().tenant_id, request.page_token)
        return pb.ExportUserDataResponse(collection=page.collection, items=page.structs(), next_page_token=page.token)
