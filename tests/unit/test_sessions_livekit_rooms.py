"""The deletion of a room that ends by itself at the same moment, with a server in place of LiveKit's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit.protocol.models import Room
from livekit.protocol.room import ListRoomsRequest, ListRoomsResponse

from services.kit.errors import CallboxError, Code
from services.kit.livekit_keys import LiveKitKeys
from services.sessions.adapters.livekit_rooms import Rooms

ROOM = "callbox-shop-1"


@asynccontextmanager
async def fake_livekit(*standing: str) -> AsyncIterator[Rooms]:
    """A server that deletes no room, because nobody answers for it. standing: the rooms that it lists."""

    async def delete(_: web.Request) -> web.Response:
        return web.json_response({"code": "unavailable", "msg": "no response from servers"}, status=503)

    async def listed(request: web.Request) -> web.Response:
        asked = ListRoomsRequest.FromString(await request.read())
        found = ListRoomsResponse(rooms=[Room(name=name) for name in standing if name in asked.names])
        return web.Response(body=found.SerializeToString(), content_type="application/protobuf")

    app = web.Application()
    app.router.add_post("/twirp/livekit.RoomService/DeleteRoom", delete)
    app.router.add_post("/twirp/livekit.RoomService/ListRooms", listed)
    async with TestServer(app) as server:
        rooms = Rooms(str(server.make_url("")), LiveKitKeys("key", "a secret that is long enough to sign"), 30.0)
        try:
            yield rooms
        finally:
            await rooms.close()


async def test_a_room_that_ended_meanwhile_counts_as_deleted() -> None:
    async with fake_livekit("callbox-shop-2") as rooms:
        await rooms.delete(ROOM)


async def test_a_room_that_stands_was_not_deleted() -> None:
    async with fake_livekit(ROOM) as rooms:
        with pytest.raises(CallboxError) as fault:
            await rooms.delete(ROOM)
    assert fault.value.code is Code.UPSTREAM_UNAVAILABLE
