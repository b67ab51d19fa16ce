"""Compares the rooms on LiveKit with the sessions, for what webhooks did not tell."""

import asyncio
from datetime import UTC, datetime, timedelta

from livekit.protocol.models import ParticipantInfo, Room

from services.sessions import endings
from services.sessions.background import Chores
from services.sessions.lifecycle import Lifecycle
from services.sessions.livekit.rooms import Rooms
from services.sessions.reaper import overdue
from services.sessions.store import Call, Store

_PACE_SECONDS = 5.0
# Caller and agent; with fewer in the room, somebody is missing.
_BOTH = 2
# Webhooks come within this; what they told need not be looked for.
_WEBHOOK_SECONDS = 10


class Lookout:
    """Looks at LiveKit's rooms every five seconds."""

    def __init__(self, store: Store, rooms: Rooms, lifecycle: Lifecycle, chores: Chores) -> None:
        self._store = store
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._chores = chores
        self._next = 0.0
        self._turned_away: set[str] = set()

    async def look(self) -> None:
        """Looks when it is time to.

        Raises: CallboxError `upstream_unavailable` when LiveKit or PostgreSQL is away.
        """
        loop = asyncio.get_running_loop()
        if loop.time() < self._next:
            return
        self._next = loop.time() + _PACE_SECONDS
        rooms = {room.name: room for room in await self._rooms.all()}
        self._turned_away &= rooms.keys()
        calls = await self._store.calls_in_rooms(list(rooms)) if rooms else []
        for call in calls:
            await self._compare(call, rooms[call.room_name])
        for room in await overdue.active_elsewhere(self._store, list(rooms)):
            await self._lifecycle.caller_left(room)

    async def _compare(self, call: Call, room: Room) -> None:
        if call.status == "ended":
            await self._after_end(call, room)
        elif call.status == "created" and room.num_participants > 0:
            caller = await self._caller(call)
            if caller is not None:
                await self._lifecycle.joined(room.name, caller.identity, caller.sid, room.sid)
        elif (
            call.status == "active"
            and call.caller_left_time is None
            and room.num_participants < _BOTH
            and _is_old(call.join_time)
            and await self._caller(call) is None
        ):
            await self._lifecycle.caller_left(room.name)

    async def _after_end(self, call: Call, room: Room) -> None:
        if not _is_old(call.end_time) or call.room_name in self._turned_away:
            return
        if room.num_participants and await self._caller(call) is not None:
            self._turned_away.add(call.room_name)
            self._chores.start("turn away", self._lifecycle.turn_away(call, endings.notice_for_late(call)))
        elif call.notice_code is None:
            await self._lifecycle.close_room(call)

    async def _caller(self, call: Call) -> ParticipantInfo | None:
        for participant in await self._rooms.participants(call.room_name):
            if participant.identity == call.participant_identity and participant.state == ParticipantInfo.State.ACTIVE:
                return participant
        return None


def _is_old(moment: datetime | None) -> bool:
    return moment is not None and moment < datetime.now(UTC) - timedelta(seconds=_WEBHOOK_SECONDS)
