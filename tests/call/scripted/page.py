"""The page of a caller who types."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any, Self

from livekit import rtc

from caller.connection import CONNECT_SECONDS
from caller.messages import Spoken, parse
from caller.session import Grant

ANSWER_SECONDS = 20.0


class Page:
    """A page that types and hears what the agent said. `take` may be overridden: it gets every packet."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._room = rtc.Room()
        self._replies: asyncio.Queue[str] = asyncio.Queue()
        self._open = AsyncExitStack()
        self._taking: list[asyncio.Task[None]] = []
        self.received: list[tuple[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._room.on("data_received", self._take)
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._room.connect(self._grant.livekit_url, self._grant.token)
        self._open.push_async_callback(self._room.disconnect)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._taking)
        await self._open.aclose()

    def packets(self, topic: str) -> list[Any]:
        """What came on a topic."""
        return [body for each, body in self.received if each == topic]

    async def type(self, text: str) -> None:
        await self.publish("voice.user_text", {"type": "user_text", "text": text})

    async def next_reply(self) -> str:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._replies.get()

    async def publish(self, topic: str, body: Any) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._room.local_participant.publish_data(json.dumps(body), reliable=True, topic=topic)

    async def take(self, topic: str, body: Any) -> None:
        """Does what the page does about a packet."""

    def _take(self, packet: rtc.DataPacket) -> None:
        topic = packet.topic or ""
        body = json.loads(packet.data)
        self.received.append((topic, body))
        self._taking.append(asyncio.create_task(self.take(topic, body), name="a page's packet"))
        message = parse(topic, bytes(packet.data))
        if isinstance(message, Spoken) and message.final and not message.by_caller:
            self._replies.put_nowait(message.text)
