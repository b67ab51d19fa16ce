"""The calls of a tenant that goes away: ended first, then deleted."""

import time

from services.kit import account_data
from services.sessions import endings
from services.sessions.account_data.tables import HOLDINGS
from services.sessions.lifecycle import Lifecycle
from services.sessions.store import Store


class Departure:
    """Deletes what a tenant has here."""

    def __init__(self, store: Store, lifecycle: Lifecycle) -> None:
        self._store = store
        self._lifecycle = lifecycle

    async def delete(self, tenant_id: str, user_id: int, seconds: float) -> bool:
        """Ends the tenant's calls, closes their rooms and deletes the rows; False when time was up before the last.

        A room that cannot be closed now keeps its row, so that the next attempt closes it.
        user_id: who asked for calls of other tenants; those forget who it was.
        Raises: CallboxError `upstream_unavailable`.
        """
        until = time.monotonic() + seconds
        while calls := await self._store.open_calls(tenant_id):
            for call in calls:
                if time.monotonic() > until:
                    return False
                ended = await self._lifecycle.finalise(call.session_id, endings.ENDED_BY_API) or call
                await self._lifecycle.close_room(ended)
        await self._store.forget_user(user_id, tenant_id)
        return await account_data.delete(self._store.pool, HOLDINGS, tenant_id, max(0.0, until - time.monotonic()))
