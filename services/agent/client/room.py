"""The clients of a LiveKit room: publishes messages to all of them, and receives messages from the caller only."""

import asyncio

import structlog
from livekit import rtc

from services.agent.client.messages import Outgoing
from services.agent.client.router import Router
from services.agent.metrics import ignored_messages

# Most messages that wait to be published. At the limit a new droppable message is dropped; any other replaces the
# oldest.
_MAX_WAITING = 128
_PUBLISH_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class RoomClients:
    """The data channel of one call; `run` sends the messages. caller: identity of the participant to receive from."""

    def __init__(self, room: rtc.Room, caller: str) -> None:
        self.router = Router()
        self._room = room
        self._caller = caller
        self._waiting: asyncio.Queue[Outgoing] = asyncio.Queue(_MAX_WAITING)
        room.on("data_received", self._receive)

    def send(self, message: Outgoing) -> None:
        """Queues a message, unless the caller did not request it."""
        if message.wanted_by and not self._has(message.wanted_by):
            return
        if self._waiting.full():
            if message.droppable:
                return
            self._waiting.get_nowait()
        self._waiting.put_nowait(message)

    def attribute(self, name: str) -> str:
        """An attribute of the caller; empty if it is not set or the caller is not there."""
        caller = self._room.remote_participants.get(self._caller)
        return caller.attributes.get(name, "") if caller is not None else ""

    @property
    def by_phone(self) -> bool:
        """Whether the caller came by telephone, where there is no page."""
        caller = self._room.remote_participants.get(self._caller)
        return caller is not None and caller.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP

    async def deliver(self, topic: str, payload: bytes, *, to_caller: bool = False) -> bool:
        """Publishes a packet at once, before queued messages; whether it was sent.

        to_caller: no other participant of the room gets it.
        """
        receivers = [self._caller] if to_caller else []
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                await self._room.local_participant.publish_data(
                    payload, reliable=True, destination_identities=receivers, topic=topic
                )
        except (TimeoutError, rtc.participant.PublishDataError) as fault:
            _log.warning("packet not published", topic=topic, fault=repr(fault))
            return False
        return True

    async def run(self) -> None:
        """Publishes queued messages in order until cancelled."""
        while True:
            await self._publish(await self._waiting.get())

    async def drain(self, seconds: float) -> None:
        """Publishes the queued messages, for at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self._room.isconnected() and not self._waiting.empty():
                    await self._publish(self._waiting.get_nowait())
        except TimeoutError:
            _log.warning("messages left unpublished", count=self._waiting.qsize())

    async def _publish(self, message: Outgoing) -> None:
        await self.deliver(message.topic, message.payload())

    def _has(self, attribute: str) -> bool:
        return self.attribute(attribute) == "true"

    def _receive(self, packet: rtc.DataPacket) -> None:
        if packet.participant is None or packet.participant.identity != self._caller:
            if self.router.takes(packet.topic or ""):
                ignored_messages.labels("sender").inc()
            return
        self.router.receive(packet.topic or "", packet.data)
