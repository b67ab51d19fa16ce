"""Deletes what a tenant has here: its calls are ended first, then all rows are deleted."""

import time

from services.kit import account_data
from services.sessions.account_data.tables import HOLDINGS
from services.sessions.adapters.database import Database
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.store import Store


class TenantDeletion:
    """Deletes tenants."""

    def __init__(self, store: Store, database: Database, lifecycle: Lifecycle) -> None:
        self._store = store
        self._database = database
        self._lifecycle = lifecycle

    async def delete(self, tenant_id: str, user_id: int, seconds: float) -> bool:
        """Ends the tenant's calls, closes their rooms and deletes the rows; False when `seconds` were not enough.

        A call whose room cannot be closed now keeps its row, so that the next attempt closes the room.
        user_id: is removed from calls of other tenants that this user has started.
        Raises: CallboxError `upstream_unavailable`.
        """
        until = time.monotonic() + seconds
        while calls := await self._store.open_calls(tenant_id):
            for call in calls:
                if time.monotonic() > until:
                    return False
                ended = await self._lifecycle.finalise(call.session_id, end_reasons.ENDED_BY_API) or call
                await self._lifecycle.close_room(ended)
        await self._store.forget_user(user_id, tenant_id)
        return await account_data.delete(self._database.pool, HOLDINGS, tenant_id, max(0.0, until - time.monotonic()))
