"""Admits calls. When no slot is free, a call that nobody has joined gives up its slot."""

from services.kit.logs import get_logger
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.admission.slots import Admission, Grant, Refusal
from services.sessions.background_tasks import BackgroundTasks
from services.sessions.metrics import reaps
from services.sessions.settings import SessionsSettings
from services.sessions.store import Store

_log = get_logger(__name__)


class Admitter:
    """Takes a lease and a slot for a call."""

    def __init__(
        self, store: Store, admission: Admission, rooms: Rooms, background: BackgroundTasks, settings: SessionsSettings
    ) -> None:
        self._store = store
        self._admission = admission
        self._rooms = rooms
        self._background = background
        self._unjoined_seconds = min(settings.join_seconds_when_full, settings.join_seconds)

    async def admit(self, session_id: str, tenant_id: str, limit: int) -> Grant | Refusal:
        """As `Admission.admit`; a refused call gets the slot of the call that has waited longest for its caller.

        A call keeps its slot for at least `join_seconds_when_full`. A call without a slot can still be joined.
        Raises: CallboxError `upstream_unavailable`.
        """
        grant = await self._admission.admit(session_id, tenant_id, limit)
        if not isinstance(grant, Refusal):
            return grant
        # A tenant at its limit gains nothing by the slot of another tenant.
        only_tenant = tenant_id if grant is Refusal.LIMIT else None
        unjoined = await self._store.release_unjoined_slot(self._unjoined_seconds, only_tenant)
        if unjoined is None:
            return grant
        await self._admission.release(unjoined.session_id)
        self._background.start("remove agents", self._rooms.remove_agents(unjoined.room_name))
        reaps.labels("slot_given_back_early").inc()
        _log.info("slot of an unjoined call given to another", session_id=unjoined.session_id, to=session_id)
        return await self._admission.admit(session_id, tenant_id, limit)
