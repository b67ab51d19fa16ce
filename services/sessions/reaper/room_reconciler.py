"""Compares the rooms on LiveKit with the sessions, in case a webhook was lost."""

import asyncio
from datetime import UTC, datetime, timedelta

from livekit.protocol.models import ParticipantInfo, Room

from services.sessions.adapters.database import Database
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.background_tasks import BackgroundTasks
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.reaper import overdue
from services.sessions.reaper.each import for_each
from services.sessions.store import Call, Store

_INTERVAL_SECONDS = 5.0
# The caller and the agent. With fewer participants, one of them is missing.
_BOTH = 2
# A webhook arrives within this, so newer changes are not compared.
_WEBHOOK_SECONDS = 10


class RoomReconciler:
    """Compares rooms and sessions, at most every `_INTERVAL_SECONDS`."""

    def __init__(
        self, store: Store, database: Database, rooms: Rooms, lifecycle: Lifecycle, background: BackgroundTasks
    ) -> None:
        self._store = store
        self._database = database
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._background = background
        self._next = 0.0
        self._turned_away: set[str] = set()

    async def reconcile(self) -> None:
        """Compares all rooms and sessions, if it is time to.

        Raises: CallboxError `upstream_unavailable` when LiveKit or PostgreSQL does not answer.
        """
        loop = asyncio.get_running_loop()
        if loop.time() < self._next:
            return
        self._next = loop.time() + _INTERVAL_SECONDS
        rooms = {room.name: room for room in await self._rooms.all()}
        self._turned_away &= rooms.keys()
        calls = await self._store.calls_in_rooms(list(rooms)) if rooms else []
        await for_each(calls, lambda call: self._compare(call, rooms[call.room_name]), lambda call: call.session_id)
        for room in await overdue.active_without_room(self._database, list(rooms)):
            await self._lifecycle.caller_left(room)

    async def _compare(self, call: Call, room: Room) -> None:
        if call.status == "ended":
            await self._compare_ended(call, room)
        elif call.status == "created" and room.num_participants > 0:
            caller = await self._caller(call)
            if caller is not None:
                await self._lifecycle.caller_joined(room.name, caller.identity, caller.sid, room.sid)
        elif (
            call.status == "active"
            and call.caller_left_time is None
            and room.num_participants < _BOTH
            and _is_old(call.join_time)
            and await self._caller(call) is None
        ):
            await self._lifecycle.caller_left(room.name)

    async def _compare_ended(self, call: Call, room: Room) -> None:
        """Turns away a caller who joined after the end, or closes the room that was left open."""
        if not _is_old(call.end_time) or call.room_name in self._turned_away:
            return
        if room.num_participants and await self._caller(call) is not None:
            self._turned_away.add(call.room_name)
            self._background.start("turn away caller", self._lifecycle.turn_away(call, end_reasons.late_notice(call)))
        elif call.notice_code is None:
            await self._lifecycle.close_room(call)

    async def _caller(self, call: Call) -> ParticipantInfo | None:
        for participant in await self._rooms.participants(call.room_name):
            if participant.identity == call.participant_identity and participant.state == ParticipantInfo.State.ACTIVE:
                return participant
        return None


def _is_old(moment: datetime | None) -> bool:
    return moment is not None and moment < datetime.now(UTC) - timedelta(seconds=_WEBHOOK_SECONDS)
