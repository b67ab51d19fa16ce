"""The LiveKit server's API as this service uses it: callers' tokens, rooms, and data sent into a room."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
from livekit import api
from livekit.protocol.models import DataPacket, ParticipantInfo, Room
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListParticipantsResponse,
    ListRoomsRequest,
    RoomParticipantIdentity,
    SendDataRequest,
)

from services.kit.errors import CallboxError, Code
from services.kit.livekit_keys import LiveKitKeys
from services.sessions.adapters.outages import RETRY_SECONDS, reaching

ERROR_TOPIC = "voice.error"
ROOM_PREFIX = "callbox-"
CALLER_PREFIX = "user-"
_API_SECONDS = 0.8
# How long a room stays after its last participant left, for a connection that comes back.
_DEPARTURE_SECONDS = 15
_EMPTY_MARGIN_SECONDS = 15


def caller_token(keys: LiveKitKeys, room: str, identity: str, seconds: int) -> str:
    """A token with which one caller joins one room for `seconds`."""
    grants = api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True)
    token = api.AccessToken(keys.key, keys.secret).with_identity(identity).with_grants(grants)
    return token.with_ttl(timedelta(seconds=seconds)).to_jwt()


class Rooms:
    """Rooms on the LiveKit server; a room that is gone counts as deleted.

    Every method raises CallboxError `upstream_unavailable` when LiveKit does not answer within 0.8 s.
    """

    def __init__(self, url: str, keys: LiveKitKeys, join_seconds: float) -> None:
        timeout = aiohttp.ClientTimeout(total=_API_SECONDS)
        self._api = api.LiveKitAPI(url, keys.key, keys.secret, timeout=timeout, failover=False)
        self._empty_seconds = int(join_seconds) + _EMPTY_MARGIN_SECONDS

    async def close(self) -> None:
        """Closes the connections."""
        await self._api.aclose()

    async def create(self, room: str) -> None:
        """Creates a room."""
        creation = CreateRoomRequest(name=room, empty_timeout=self._empty_seconds, departure_timeout=_DEPARTURE_SECONDS)
        async with _livekit():
            await self._api.room.create_room(creation)

    async def remove_agents(self, room: str) -> None:
        """Removes every agent from a room; its job then ends."""
        for participant in await self.participants(room):
            if participant.kind == ParticipantInfo.Kind.AGENT:
                async with _livekit(gone_is_well=True):
                    await self._api.room.remove_participant(
                        RoomParticipantIdentity(room=room, identity=participant.identity)
                    )

    async def tell_error(self, room: str, identity: str, code: str, message: str) -> None:
        """Sends `voice.error` to the caller in a room; nothing happens when the caller is not there."""
        data = json.dumps({"code": code, "message": message}).encode()
        packet = SendDataRequest(
            room=room, data=data, kind=DataPacket.Kind.RELIABLE, topic=ERROR_TOPIC, destination_identities=[identity]
        )
        async with _livekit(gone_is_well=True):
            await self._api.room.send_data(packet)

    async def delete(self, room: str) -> None:
        """Deletes a room and disconnects everybody in it."""
        async with _livekit(gone_is_well=True):
            try:
                await self._api.room.delete_room(DeleteRoomRequest(room=room))
            except api.TwirpError as fault:
                # LiveKit answers so, too, when the room ends by itself at this moment.
                if fault.code != api.TwirpErrorCode.UNAVAILABLE or await self._exists(room):
                    raise

    async def participants(self, room: str) -> Sequence[ParticipantInfo]:
        """The participants of a room; none when there is no such room."""
        found = ListParticipantsResponse()
        async with _livekit(gone_is_well=True):
            found = await self._api.room.list_participants(ListParticipantsRequest(room=room))
        return found.participants

    async def all(self) -> Sequence[Room]:
        """Every room of Callbox on the server."""
        async with _livekit():
            rooms = (await self._api.room.list_rooms(ListRoomsRequest())).rooms
        return [room for room in rooms if room.name.startswith(ROOM_PREFIX)]

    async def _exists(self, room: str) -> bool:
        return bool((await self._api.room.list_rooms(ListRoomsRequest(names=[room]))).rooms)


@asynccontextmanager
async def _livekit(*, gone_is_well: bool = False) -> AsyncIterator[None]:
    """Gives a call to LiveKit its deadline and maps its errors. gone_is_well: a missing room is no error."""
    async with reaching("LiveKit", _API_SECONDS):
        try:
            yield
        except api.TwirpError as fault:
            if gone_is_well and fault.code == api.TwirpErrorCode.NOT_FOUND:
                return
            raise CallboxError(
                Code.UPSTREAM_UNAVAILABLE,
                f"LiveKit refused ({fault.code}); check its log and CALLBOX_LIVEKIT_KEYS_FILE.",
                retry_after_seconds=RETRY_SECONDS,
            ) from fault
