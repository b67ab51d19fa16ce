"""Gives calls to workers: to the one whose slot was taken, and to another one when it does not take the call."""

from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.adapters.worker_client import WorkerClient
from services.sessions.admission.slots import Admission, Grant, HeldSlot, Refusal
from services.sessions.background_tasks import BackgroundTasks
from services.sessions.lifecycle.deadline_timer import DeadlineTimer
from services.sessions.metrics import dispatch_failures
from services.sessions.settings import SessionsSettings
from services.sessions.store import Call, Store

_log = get_logger(__name__)


class Dispatcher:
    """Asks workers to take calls."""

    def __init__(
        self,
        store: Store,
        admission: Admission,
        rooms: Rooms,
        workers: WorkerClient,
        background: BackgroundTasks,
        timer: DeadlineTimer,
        settings: SessionsSettings,
    ) -> None:
        """timer: wakes the reaper."""
        self._store = store
        self._admission = admission
        self._rooms = rooms
        self._workers = workers
        self._background = background
        self._timer = timer
        self._settings = settings

    def dispatch(self, session_id: str, room: str, grant: Grant, *, is_first: bool = False) -> None:
        """Asks the worker of a slot to take the call, in the background. The reaper is woken when the claim is due.

        is_first: no agent can be in the room yet.
        """
        self._timer.wake_in(self._settings.claim_seconds)
        self._background.start("dispatch", self._dispatch(session_id, room, grant, is_first=is_first))

    async def move(self, call: Call) -> str:
        """Gives a call that is not claimed to another worker.

        With no other worker, the same one gets the same time again. Returns the action, for the log and the metric.
        """
        return await self._move_to(call, await self._other_worker(call))

    async def sync_lease(self, session_id: str) -> None:
        """Makes the lease in Redis agree with the row in PostgreSQL."""
        call = await self._store.call(session_id)
        if call is not None and call.slot_held and call.worker_id:
            await self._admission.hold(HeldSlot(session_id, call.worker_id, call.tenant_id))
        else:
            await self._admission.release(session_id)

    async def _dispatch(self, session_id: str, room: str, grant: Grant, *, is_first: bool) -> None:
        try:
            if not is_first:
                await self._rooms.remove_agents(room)
            await self._workers.take_call(grant.worker_id, grant.address, session_id, room)
        except CallboxError as fault:
            dispatch_failures.inc()
            _log.warning(
                "the worker does not take the call",
                session_id=session_id,
                worker_id=grant.worker_id,
                address=grant.address,
                fault=str(fault),
            )
            await self._after_refusal(session_id, grant)

    async def _after_refusal(self, session_id: str, grant: Grant) -> None:
        call = await self._store.call(session_id)
        if call is None or not call.slot_held or call.worker_id != grant.worker_id or call.dispatch_count > 1:
            return
        # Without another worker it is left to the reaper: it may be a late answer, and the claim comes in time.
        other = await self._other_worker(call)
        if other.worker_id != call.worker_id:
            await self._move_to(call, other)

    async def _move_to(self, call: Call, grant: Grant) -> str:
        if not await self._store.redispatch(call, grant):
            await self.sync_lease(call.session_id)
            return "claimed_late"
        if grant.worker_id == call.worker_id:
            # It may have started the job; a second one would speak beside the first.
            self._timer.wake_in(self._settings.claim_seconds)
            return "waited_on"
        self.dispatch(call.session_id, call.room_name, grant)
        return "redispatched"

    async def _other_worker(self, call: Call) -> Grant:
        """A slot of another worker; the call's own slot when there is no other or Redis does not answer."""
        try:
            grant = await self._admission.move(call.session_id, call.tenant_id, call.worker_id or "")
        except CallboxError as fault:
            _log.warning("cannot look for another worker", session_id=call.session_id, fault=str(fault))
            grant = Refusal.FULL
        return grant if isinstance(grant, Grant) else Grant(call.worker_id or "", "")
