"""The life of a session after its start: who joins and leaves, who takes it, and its one end."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime

from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.sessions import endings
from services.sessions.background import Chores
from services.sessions.live.broadcast import Live
from services.sessions.livekit.rooms import Rooms
from services.sessions.metrics import session_ends
from services.sessions.reaper.overdue import LEFT_GRACE_SECONDS
from services.sessions.reaper.wakeup import Alarm
from services.sessions.settings import SessionsSettings
from services.sessions.start.admission import Admission, Grant, HeldSlot, Refusal
from services.sessions.start.limits import Limits
from services.sessions.store import Call, Connection, Notice, Store

# A caller whose data channel opens just now misses the first of two.
_NOTICE_PAUSES_SECONDS = (0.0, 1.0)
# One more is forgotten: its lease ends by itself, and its row ends as never claimed.
_MAX_ABANDONED = 1_000
_log = get_logger(__name__)


class Lifecycle:
    """Transitions of sessions, with what each means for the lease and the room."""

    def __init__(
        self,
        store: Store,
        admission: Admission,
        rooms: Rooms,
        limits: Limits,
        chores: Chores,
        alarm: Alarm,
        settings: SessionsSettings,
        live: Live,
    ) -> None:
        self._store = store
        self._admission = admission
        self._rooms = rooms
        self._limits = limits
        self._chores = chores
        self._alarm = alarm
        self._settings = settings
        self._live = live
        self._abandoned: deque[tuple[str, str]] = deque(maxlen=_MAX_ABANDONED)

    async def finalise(self, session_id: str, reason: str, connection: Connection | None = None) -> Call | None:
        """Ends a session for a reason; None when it had ended before.

        connection: of a transaction to do it in; `ended` is then due after its commit.
        """
        notice = endings.notice(reason)
        linger = endings.linger_seconds(reason)
        call = await self._store.finalise(session_id, reason, notice, linger, connection)
        if call is not None and connection is None:
            self.ended(call)
        return call

    def ended(self, call: Call) -> None:
        """Does what follows an end: lease and slot are given back, the caller is told, the room is closed."""
        session_ends.labels(call.end_reason).inc()
        _log.info("session ended", session_id=call.session_id, reason=call.end_reason)
        self._live.news(call.session_id)
        self._chores.start("release", self._admission.release(call.session_id))
        self._chores.start("farewell", self._farewell(call))

    async def _farewell(self, call: Call) -> None:
        present = call.join_time is not None and call.caller_left_time is None
        if call.notice_code and call.notice_message:
            if not present:
                # Told when they join; until then nobody is there, and LiveKit closes the room.
                await self._rooms.withdraw(call.room_name)
                return
            await self._tell(call, Notice(call.notice_code, call.notice_message))
        # The reaper closes the room should this process not live to do it.
        await asyncio.sleep(endings.closing_seconds(call.end_reason))
        await self.close_room(call)

    async def _tell(self, call: Call, notice: Notice) -> None:
        for pause in _NOTICE_PAUSES_SECONDS:
            await asyncio.sleep(pause)
            await self._rooms.tell_error(call.room_name, call.participant_identity, notice.code, notice.message)

    async def close_room(self, call: Call) -> None:
        """Deletes the room of a session that is over."""
        await self._rooms.delete(call.room_name)
        await self._store.room_deleted(call.session_id)

    async def turn_away(self, call: Call, notice: Notice) -> None:
        """Tells a caller in the room why there will be no call, and closes the room."""
        await self._tell(call, notice)
        await asyncio.sleep(endings.TOLD_SECONDS)
        await self.close_room(call)

    async def give_back(self, session_id: str) -> bool:
        """Takes the slot from a session that nobody joined; it may still be joined while its token lives."""
        call = await self._store.give_back(session_id)
        if call is None:
            return False
        self._chores.start("release", self._admission.release(session_id))
        self._chores.start("withdraw", self._rooms.withdraw(call.room_name))
        return True

    async def joined(self, room: str, identity: str, caller_sid: str, room_sid: str) -> None:
        """The caller is in the room. A session without a slot is admitted anew, or the caller is told why not."""
        if came := await self._store.joined(room, identity, caller_sid, room_sid):
            self._live.news(came.session_id)
            return
        call = await self._store.call_in_room(room)
        if call is None or call.participant_identity != identity:
            return
        if call.slot_held:
            # Its agent has just gone: the slot is taken back first, or admission would answer with it.
            if await self._store.give_back(call.session_id) is None:
                return
            await self._admission.release(call.session_id)
        if call.status == "ended":
            self._chores.start("turn away", self.turn_away(call, endings.notice_for_late(call)))
            return
        limit = await self._limits.concurrent_sessions(call.tenant_id)
        got = await self._admission.admit(call.session_id, call.tenant_id, limit)
        if isinstance(got, Refusal):
            error = got.error()
            self._chores.start("turn away", self.turn_away(call, Notice(str(error.code), error.message)))
            return
        if await self._store.readmit(call.session_id, got, caller_sid, room_sid):
            self._live.news(call.session_id)
            self._alarm.ring_in(self._settings.claim_seconds)
            self._chores.start("dispatch", self._rooms.dispatch(room, got.agent_name, call.session_id))
        else:
            await self._agree(call.session_id)

    async def caller_left(self, room: str, *, caller_sid: str | None = None, room_sid: str | None = None) -> None:
        """The caller is gone; the agent ends the call, or the reaper does after a moment."""
        if await self._store.caller_left(room, caller_sid=caller_sid, room_sid=room_sid):
            self._alarm.ring_in(LEFT_GRACE_SECONDS)

    async def agent_came(self, room: str) -> None:
        """The agent is in the room, for the first time or again."""
        await self._store.agent_came(room)

    async def agent_left(self, room: str, when: datetime) -> None:
        """The agent is gone; it tells of the end, or the reaper takes it for lost after a moment."""
        if await self._store.agent_left(room, when):
            self._alarm.ring_in(LEFT_GRACE_SECONDS)

    async def lost(self, call: Call) -> bool:
        """Nobody carries the call any more. True when that changed something."""
        if call.status == "created":
            return await self.give_back(call.session_id)
        return await self.finalise(call.session_id, endings.AGENT_LOST) is not None

    async def unclaimed(self, call: Call) -> str:
        """The worker let the session lie: it goes to another once, else it ends. What was done, in a word.

        With no other worker, the same one gets as long again.
        """
        if call.dispatch_count < 2:
            got = await self._other_worker(call)
            if not await self._store.redispatch(call, got):
                await self._agree(call.session_id)
                return "claimed_late"
            self._alarm.ring_in(self._settings.claim_seconds)
            if got.worker_id == call.worker_id:
                return "waited_on"
            self._chores.start("dispatch", self._rooms.dispatch(call.room_name, got.agent_name, call.session_id))
            return "redispatched"
        if await self.finalise(call.session_id, endings.AGENT_UNAVAILABLE) is None:
            return "ended_already"
        return "agent_unavailable"

    async def _other_worker(self, call: Call) -> Grant:
        """A slot of another worker, or the one that the call has when there is no other or Redis cannot say."""
        try:
            got = await self._admission.move(call.session_id, call.tenant_id, call.worker_id or "")
        except CallboxError as fault:
            _log.warning("no other worker can be asked for", session_id=call.session_id, fault=str(fault))
            got = Refusal.FULL
        return got if isinstance(got, Grant) else Grant(call.worker_id or "", call.agent_name or "")

    async def _agree(self, session_id: str) -> None:
        """Makes the lease say what the database says."""
        call = await self._store.call(session_id)
        if call is not None and call.slot_held and call.worker_id and call.agent_name:
            await self._admission.hold(HeldSlot(session_id, call.worker_id, call.tenant_id, call.agent_name))
        else:
            await self._admission.release(session_id)

    def abandon(self, session_id: str, room: str) -> None:
        """Undoes a start that failed half-way; what cannot be undone now is tried again by the reaper."""
        self._chores.start("undo", self._undo(session_id, room))

    async def _undo(self, session_id: str, room: str) -> None:
        try:
            # One that hangs must not keep the slot from being free.
            results = await asyncio.gather(
                self._admission.release(session_id),
                self._store.forget(session_id),
                self._rooms.delete(room),
                return_exceptions=True,
            )
            faults = [result for result in results if isinstance(result, BaseException)]
            if faults:
                raise faults[0]
        except CallboxError as fault:
            if fault.code is not Code.UPSTREAM_UNAVAILABLE:
                raise
            self._abandoned.append((session_id, room))

    async def undo_abandoned(self) -> int:
        """Tries again to undo starts that failed half-way; how many were tried."""
        tried = 0
        for _ in range(len(self._abandoned)):
            session_id, room = self._abandoned.popleft()
            before = len(self._abandoned)
            await self._undo(session_id, room)
            tried += 1
            if len(self._abandoned) > before:
                # What was away still is: the rest need not find out one by one.
                break
        return tried
