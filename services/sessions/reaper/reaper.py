"""The reaper: finds what should have happened by now, and does it.

It makes up for workers, webhooks and background tasks that failed, whatever died. Every transition checks the state of
the row that it changes, so several processes can run a reaper at the same time.
"""

import asyncio
from collections.abc import Awaitable, Callable

from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.sessions.adapters.database import Database
from services.sessions.admission.slots import Admission
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.deadline_timer import DeadlineTimer
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.metrics import reaps, sessions_active, slots
from services.sessions.reaper import overdue
from services.sessions.reaper.each import for_each
from services.sessions.reaper.overdue import Overdue, OverdueCall
from services.sessions.settings import SessionsSettings
from services.sessions.store import Call, Store

_log = get_logger(__name__)
# A pass that is later than this many intervals means that the process stood still and received no reports meanwhile.
_STALL_FACTOR = 2.0


class Reaper:
    """Runs one pass every `reap_seconds`, and one at each deadline of the timer.

    reconcile_rooms: compares the rooms on LiveKit with the sessions. delete_expired_keys: deletes idempotency keys.
    """

    def __init__(
        self,
        store: Store,
        database: Database,
        admission: Admission,
        lifecycle: Lifecycle,
        timer: DeadlineTimer,
        settings: SessionsSettings,
        reconcile_rooms: Callable[[], Awaitable[None]],
        delete_expired_keys: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._database = database
        self._admission = admission
        self._lifecycle = lifecycle
        self._timer = timer
        self._settings = settings
        self._reconcile_rooms = reconcile_rooms
        self._delete_expired_keys = delete_expired_keys
        now = asyncio.get_running_loop().time()
        # Since when this process has received reports without a break. Nobody is declared lost within the grace period.
        self._receiving_since = now
        self._last_pass = now

    async def run(self) -> None:
        """Runs passes until cancelled."""
        while True:
            await self._timer.sleep(self._settings.reap_seconds)
            await self.reap()

    async def reap(self) -> None:
        """Runs one pass. A step that fails is logged and left to the next pass; the other steps run."""
        now = asyncio.get_running_loop().time()
        if now - self._last_pass > _STALL_FACTOR * self._settings.reap_seconds + 1.0:
            self._receiving_since = now
        self._last_pass = now
        leases_read = True
        for step in (
            self._reap_overdue,
            self._reap_lost,
            self._delete_rooms,
            self._undo_starts,
            self._reconcile_rooms,
            self._delete_expired_keys,
        ):
            try:
                await step()
            except CallboxError as fault:
                leases_read = leases_read and step != self._reap_lost
                _log.warning("reaper step failed", step=getattr(step, "__name__", ""), fault=str(fault))
            except Exception:
                leases_read = leases_read and step != self._reap_lost
                _log.exception("reaper step failed", step=getattr(step, "__name__", ""))
        if not leases_read:
            self._receiving_since = asyncio.get_running_loop().time()

    def _receiving_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._receiving_since

    async def _reap_overdue(self) -> None:
        found = await overdue.find(self._database, self._settings)
        await for_each(found, self._reap_one, lambda each: each.call.session_id)

    async def _reap_one(self, found: OverdueCall) -> None:
        if action := await self._act(found):
            reaps.labels(action).inc()
            _log.info("reaped", session_id=found.call.session_id, what=found.what, action=action)

    async def _act(self, found: OverdueCall) -> str:
        """Does what is overdue; the name of the action, empty when nothing was done."""
        call = found.call
        match found.what:
            case Overdue.JOIN_BEFORE_TOKEN_EXPIRED:
                return await self._end(call.session_id, end_reasons.NEVER_JOINED)
            case Overdue.JOIN:
                return "slot_given_back" if await self._lifecycle.release_slot(call.session_id) else ""
            case Overdue.CLAIM:
                # While this service did not receive requests, no worker could claim.
                if self._receiving_seconds() < self._settings.claim_seconds:
                    return ""
                return await self._lifecycle.claim_overdue(call)
            case Overdue.CLIENT_LEFT:
                return await self._end(call.session_id, end_reasons.CLIENT_LEFT)
            case Overdue.AGENT_LEFT:
                return end_reasons.AGENT_LOST if await self._lifecycle.worker_lost(call) else ""
            case Overdue.MAX_CALL_SECONDS:
                return await self._end(call.session_id, end_reasons.MAX_CALL_SECONDS)

    async def _end(self, session_id: str, reason: str) -> str:
        return reason if await self._lifecycle.finalise(session_id, reason) else ""

    async def _reap_lost(self) -> None:
        """Ends sessions whose lease no report renewed: their worker or its job is gone."""
        calls, active = await overdue.claimed(self._database)
        sessions_active.set(active)
        by_id = {call.session_id: call for call in calls}
        built_seconds, lost = await self._admission.without_lease(list(by_id))
        workers, total, busy = await self._admission.capacity()
        slots.labels("total").set(total)
        slots.labels("busy").set(busy)
        slots.labels("free").set(max(0, total - busy))
        if min(built_seconds, self._receiving_seconds()) < self._settings.grace_seconds:
            return

        async def reap(session_id: str) -> None:
            if await self._lifecycle.worker_lost(by_id[session_id]):
                reaps.labels(end_reasons.AGENT_LOST).inc()
                _log.warning("no worker carries the call any more", session_id=session_id, workers=workers)

        await for_each(lost, reap, str)

    async def _delete_rooms(self) -> None:
        await for_each(await self._store.rooms_to_delete(), self._delete_room, lambda call: call.session_id)

    async def _delete_room(self, call: Call) -> None:
        await self._lifecycle.close_room(call)
        reaps.labels("room_closed").inc()

    async def _undo_starts(self) -> None:
        if tried := await self._lifecycle.retry_undoing_starts():
            reaps.labels("start_undone").inc(tried)
