"""The reaper: looks for what nobody did in time, and does it.

It sees what workers, webhooks and this service's own background work left undone, whatever died. Every transition
checks the row it changes, so several processes may reap at once.
"""

import asyncio
from collections.abc import Awaitable, Callable

from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.sessions import endings
from services.sessions.lifecycle import Lifecycle
from services.sessions.metrics import reaps, sessions_active, slots
from services.sessions.reaper import overdue
from services.sessions.reaper.overdue import Overdue, OverdueCall
from services.sessions.reaper.wakeup import Alarm
from services.sessions.settings import SessionsSettings
from services.sessions.start.admission import Admission
from services.sessions.store import Store

_log = get_logger(__name__)
# A pass that comes this many times too late means that this process stood still, and saw no reports meanwhile.
_STALL_FACTOR = 2.0


class Reaper:
    """One pass every `reap_seconds`, and one at each deadline of the alarm.

    look: compares the rooms on LiveKit with the sessions, at its own pace. purge: forgets what has had its time.
    """

    def __init__(
        self,
        store: Store,
        admission: Admission,
        lifecycle: Lifecycle,
        alarm: Alarm,
        settings: SessionsSettings,
        look: Callable[[], Awaitable[None]],
        purge: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._admission = admission
        self._lifecycle = lifecycle
        self._alarm = alarm
        self._settings = settings
        self._look = look
        self._purge = purge
        now = asyncio.get_running_loop().time()
        # Since when reports that were sent were also seen: before the grace is over, nobody is declared gone.
        self._sees_since = now
        self._last_pass = now

    async def run(self) -> None:
        """Reaps until cancelled."""
        while True:
            await self._alarm.sleep(self._settings.reap_seconds)
            await self.reap()

    async def reap(self) -> None:
        """One pass. A step that fails is logged and left to the next pass; the others are done."""
        now = asyncio.get_running_loop().time()
        if now - self._last_pass > _STALL_FACTOR * self._settings.reap_seconds + 1.0:
            self._sees_since = now
        self._last_pass = now
        saw = True
        for step in (
            self._reap_overdue,
            self._reap_lost,
            self._close_rooms,
            self._undo_starts,
            self._look,
            self._purge,
        ):
            try:
                await step()
            except CallboxError as fault:
                saw = saw and step != self._reap_lost
                _log.warning("reaper step failed", step=getattr(step, "__name__", ""), fault=str(fault))
            except Exception:
                saw = saw and step != self._reap_lost
                _log.exception("reaper step failed", step=getattr(step, "__name__", ""))
        if not saw:
            self._sees_since = asyncio.get_running_loop().time()

    def _seen_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._sees_since

    async def _reap_overdue(self) -> None:
        for found in await overdue.find(self._store, self._settings):
            try:
                action = await self._act(found)
            except CallboxError as fault:
                _log.warning("reaping failed", session_id=found.call.session_id, what=found.what, fault=str(fault))
                continue
            if action:
                reaps.labels(action).inc()
                _log.info("reaped", session_id=found.call.session_id, what=found.what, action=action)

    async def _act(self, found: OverdueCall) -> str:
        """Does what is overdue; a word for what was done, empty for nothing."""
        call = found.call
        match found.what:
            case Overdue.JOIN_FOR_GOOD:
                return await self._end(call.session_id, endings.NEVER_JOINED)
            case Overdue.JOIN:
                return "slot_given_back" if await self._lifecycle.give_back(call.session_id) else ""
            case Overdue.CLAIM:
                # While this service was away, nobody could claim.
                if self._seen_seconds() < self._settings.claim_seconds:
                    return ""
                return await self._lifecycle.unclaimed(call)
            case Overdue.CLIENT_LEFT:
                return await self._end(call.session_id, endings.CLIENT_LEFT)
            case Overdue.AGENT_LEFT:
                return endings.AGENT_LOST if await self._lifecycle.lost(call) else ""
            case Overdue.MAX_CALL_SECONDS:
                return await self._end(call.session_id, endings.MAX_CALL_SECONDS)

    async def _end(self, session_id: str, reason: str) -> str:
        return reason if await self._lifecycle.finalise(session_id, reason) else ""

    async def _reap_lost(self) -> None:
        """Sessions whose lease no report renewed: the worker is gone, or its job is."""
        calls, active = await overdue.claimed(self._store)
        sessions_active.set(active)
        by_id = {call.session_id: call for call in calls}
        built_seconds, gone = await self._admission.vanished(list(by_id))
        workers, total, busy = await self._admission.capacity()
        slots.labels("total").set(total)
        slots.labels("busy").set(busy)
        slots.labels("free").set(max(0, total - busy))
        if min(built_seconds, self._seen_seconds()) < self._settings.grace_seconds:
            return
        for session_id in gone:
            if await self._lifecycle.lost(by_id[session_id]):
                reaps.labels(endings.AGENT_LOST).inc()
                _log.warning("nobody carries the call any more", session_id=session_id, workers=workers)

    async def _close_rooms(self) -> None:
        for call in await self._store.rooms_due():
            await self._lifecycle.close_room(call)
            reaps.labels("room_closed").inc()

    async def _undo_starts(self) -> None:
        if tried := await self._lifecycle.undo_abandoned():
            reaps.labels("start_undone").inc(tried)
