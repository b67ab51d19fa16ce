"""The transitions of a session after its start: callers and agents join and leave, and the session ends."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime

from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.sessions.adapters.database import Connection
from services.sessions.adapters.live_updates import LiveUpdates
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.admission.slots import Admission, Refusal
from services.sessions.admission.tenant_limits import TenantLimits
from services.sessions.background_tasks import BackgroundTasks
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.admitter import Admitter
from services.sessions.lifecycle.deadline_timer import DeadlineTimer
from services.sessions.lifecycle.dispatcher import Dispatcher
from services.sessions.metrics import session_ends
from services.sessions.settings import SessionsSettings
from services.sessions.store import Call, Notice, Store

# A caller whose data channel is just opening misses the first notice and gets the second.
_NOTICE_PAUSES_SECONDS = (0.0, 1.0)
# The oldest entry above this is dropped: its lease expires, and the reaper ends its row as never claimed.
_MAX_FAILED_STARTS = 1_000
_log = get_logger(__name__)


class Lifecycle:
    """Changes the state of sessions, and releases leases and closes rooms accordingly."""

    def __init__(
        self,
        store: Store,
        admission: Admission,
        admitter: Admitter,
        rooms: Rooms,
        dispatcher: Dispatcher,
        limits: TenantLimits,
        background: BackgroundTasks,
        timer: DeadlineTimer,
        settings: SessionsSettings,
        live: LiveUpdates,
    ) -> None:
        """timer: wakes the reaper."""
        self._store = store
        self._admission = admission
        self._admitter = admitter
        self._rooms = rooms
        self._dispatcher = dispatcher
        self._limits = limits
        self._background = background
        self._timer = timer
        self._settings = settings
        self._live = live
        # (session, room) of starts that failed and could not be undone yet.
        self._failed_starts: deque[tuple[str, str]] = deque(maxlen=_MAX_FAILED_STARTS)

    async def finalise(self, session_id: str, reason: str, connection: Connection | None = None) -> Call | None:
        """Ends a session for a reason; None when it had ended before.

        connection: its transaction is used, if given; the caller then calls `after_end` once it is committed.
        """
        notice = end_reasons.notice(reason)
        linger = end_reasons.linger_seconds(reason)
        call = await self._store.finalise(session_id, reason, notice, linger, connection)
        if call is not None and connection is None:
            self.after_end(call)
        return call

    def after_end(self, call: Call) -> None:
        """Releases lease and slot of an ended session, tells the caller and closes the room, in the background."""
        session_ends.labels(call.end_reason).inc()
        _log.info("session ended", session_id=call.session_id, reason=call.end_reason)
        self._live.notify(call.session_id)
        self._background.start("release slot", self._admission.release(call.session_id))
        self._background.start("close room", self._tell_and_close_room(call))

    async def _tell_and_close_room(self, call: Call) -> None:
        present = call.join_time is not None and call.caller_left_time is None
        if call.notice_code and call.notice_message:
            if not present:
                # The caller is told on joining. LiveKit closes the room if nobody comes.
                await self._rooms.remove_agents(call.room_name)
                return
            await self._send_notice(call, Notice(call.notice_code, call.notice_message))
        # If this process dies meanwhile, the reaper closes the room.
        await asyncio.sleep(end_reasons.closing_seconds(call.end_reason))
        await self.close_room(call)

    async def _send_notice(self, call: Call, notice: Notice) -> None:
        for pause in _NOTICE_PAUSES_SECONDS:
            await asyncio.sleep(pause)
            await self._rooms.tell_error(call.room_name, call.participant_identity, notice.code, notice.message)

    async def close_room(self, call: Call) -> None:
        """Deletes the room of an ended session."""
        await self._rooms.delete(call.room_name)
        await self._store.room_deleted(call.session_id)

    async def turn_away(self, call: Call, notice: Notice) -> None:
        """Tells the caller in the room why there is no call, and closes the room."""
        await self._send_notice(call, notice)
        await asyncio.sleep(end_reasons.LAST_MESSAGE_SECONDS)
        await self.close_room(call)

    async def release_slot(self, session_id: str) -> bool:
        """Takes the slot from a session that nobody has joined. It can be joined until its token expires."""
        call = await self._store.release_slot(session_id)
        if call is None:
            return False
        self._background.start("release slot", self._admission.release(session_id))
        self._background.start("remove agents", self._rooms.remove_agents(call.room_name))
        return True

    async def caller_joined(self, room: str, identity: str, caller_sid: str, room_sid: str) -> None:
        """The caller is in the room. A session without a slot is admitted again, or the caller is told why not."""
        if joined := await self._store.caller_joined(room, identity, caller_sid, room_sid):
            self._live.notify(joined.session_id)
            return
        call = await self._store.call_in_room(room)
        if call is None or call.participant_identity != identity:
            return
        if call.slot_held:
            # Its agent has just left. Without the release, admission would answer with the slot of that agent.
            if await self._store.release_slot(call.session_id) is None:
                return
            await self._admission.release(call.session_id)
        if call.status == "ended":
            self._background.start("turn away caller", self.turn_away(call, end_reasons.late_notice(call)))
            return
        limit = await self._limits.concurrent_sessions(call.tenant_id)
        grant = await self._admitter.admit(call.session_id, call.tenant_id, limit)
        if isinstance(grant, Refusal):
            error = grant.error()
            self._background.start("turn away caller", self.turn_away(call, Notice(str(error.code), error.message)))
            return
        if await self._store.readmit(call.session_id, grant, caller_sid, room_sid):
            self._live.notify(call.session_id)
            self._dispatcher.dispatch(call.session_id, room, grant)
        else:
            await self._dispatcher.sync_lease(call.session_id)

    async def caller_left(self, room: str, *, caller_sid: str | None = None, room_sid: str | None = None) -> None:
        """The caller is gone. The agent ends the call, or the reaper does after `absence_seconds`."""
        if await self._store.caller_left(room, caller_sid=caller_sid, room_sid=room_sid):
            self._timer.wake_in(self._settings.absence_seconds)

    async def agent_joined(self, room: str) -> None:
        """The agent is in the room, for the first time or again."""
        await self._store.agent_joined(room)

    async def agent_left(self, room: str, when: datetime) -> None:
        """The agent is gone. It reports the end of the call, or the reaper declares it lost after a moment."""
        if await self._store.agent_left(room, when):
            self._timer.wake_in(self._settings.absence_seconds)

    async def worker_lost(self, call: Call) -> bool:
        """No worker carries the call any more: it ends, or its slot is released if nobody has joined.

        False when nothing changed.
        """
        if call.status == "created":
            return await self.release_slot(call.session_id)
        return await self.finalise(call.session_id, end_reasons.AGENT_LOST) is not None

    async def claim_overdue(self, call: Call) -> str:
        """The worker did not claim the session in time: another worker gets it once, then it ends.

        Returns the action, for the log and the metric.
        """
        if call.dispatch_count < 2:
            return await self._dispatcher.move(call)
        if await self.finalise(call.session_id, end_reasons.AGENT_UNAVAILABLE) is None:
            return "ended_already"
        return "agent_unavailable"

    def undo_start(self, session_id: str, room: str) -> None:
        """Undoes a start that failed half-way, in the background. What fails now is retried by the reaper."""
        self._background.start("undo start", self._undo_start(session_id, room))

    async def _undo_start(self, session_id: str, room: str) -> None:
        try:
            # At the same time: one that hangs must not delay the release of the slot.
            results = await asyncio.gather(
                self._admission.release(session_id),
                self._store.delete_unjoined(session_id),
                self._rooms.delete(room),
                return_exceptions=True,
            )
            faults = [result for result in results if isinstance(result, BaseException)]
            if faults:
                raise faults[0]
        except CallboxError as fault:
            if fault.code is not Code.UPSTREAM_UNAVAILABLE:
                raise
            self._failed_starts.append((session_id, room))

    async def retry_undoing_starts(self) -> int:
        """Tries again to undo starts that failed half-way; how many it tried."""
        tried = 0
        for _ in range(len(self._failed_starts)):
            session_id, room = self._failed_starts.popleft()
            before = len(self._failed_starts)
            await self._undo_start(session_id, room)
            tried += 1
            if len(self._failed_starts) > before:
                # The dependency still does not answer; the rest waits for the next pass.
                break
        return tried
