"""The data channel of a call (contract 6 and 14.7)."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import structlog
from livekit import rtc

from services.agent.metrics import ignored_messages

USER_TEXT, REPLY, STATE, ERROR, METRICS = (
    "voice.user_text",
    "voice.reply",
    "voice.state",
    "voice.error",
    "voice.metrics",
)
PARTIALS_ATTRIBUTE = "callbox.partials"
METRICS_ATTRIBUTE = "callbox.metrics"
_STATES = {"listening", "thinking", "speaking", "idle"}
_MAX_MESSAGE_BYTES = 15 * 1024
_MAX_TEXT_CHARS = 4_000
# Messages that wait to be published. When it is full, partials are dropped and others take the place of the oldest.
_MAX_WAITING = 128
_log = structlog.get_logger(__name__)


class Topics:
    """Publishes to and hears from the clients of a room; `run` owns the sending."""

    def __init__(self, room: rtc.Room, caller: str, on_text: Callable[[str], None]) -> None:
        self._room = room
        self._caller = caller
        self._on_text = on_text
        self._waiting: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(_MAX_WAITING)
        self._state = ""
        room.on("data_received", self._receive)

    def reply(self, reply_id: str, text: str, final: bool, *, from_user: bool = False) -> None:
        """An utterance of the agent, or with `from_user` what the caller said or typed."""
        if not text.strip() or not (final or self._wants(PARTIALS_ATTRIBUTE)):
            return
        message: dict[str, Any] = {"id": reply_id, "text": text, "final": final, "ts": time.time()}
        if from_user:
            message["type"] = "user_text"
        self._put(REPLY, message, droppable=not final)

    def state(self, state: str) -> None:
        """What the agent does: listening, thinking, speaking or idle; anything else is left unsaid."""
        if state in _STATES and state != self._state:
            self._state = state
            self._put(STATE, {"state": state})

    def error(self, code: str, message: str) -> None:
        """Why the agent is about to leave."""
        self._put(ERROR, {"code": code, "message": message})

    def metrics(self, message: dict[str, Any]) -> None:
        """Where the time of a turn went, for clients that asked."""
        if self._wants(METRICS_ATTRIBUTE):
            self._put(METRICS, message)

    async def run(self) -> None:
        """Publishes what waits, in order, until cancelled."""
        while True:
            topic, message = await self._waiting.get()
            await self._publish(topic, message)

    async def drain(self, seconds: float) -> None:
        """Publishes what still waits, for `seconds` at most."""
        try:
            async with asyncio.timeout(seconds):
                while not self._waiting.empty():
                    await self._publish(*self._waiting.get_nowait())
        except TimeoutError:
            _log.warning("messages left unpublished", count=self._waiting.qsize())

    def _put(self, topic: str, message: dict[str, Any], *, droppable: bool = False) -> None:
        if self._waiting.full():
            if droppable:
                return
            self._waiting.get_nowait()
        self._waiting.put_nowait((topic, message))

    async def _publish(self, topic: str, message: dict[str, Any]) -> None:
        payload = json.dumps(message, ensure_ascii=False).encode()
        try:
            async with asyncio.timeout(2.0):
                await self._room.local_participant.publish_data(payload, reliable=True, topic=topic)
        except (TimeoutError, rtc.participant.PublishDataError) as fault:
            _log.warning("message not published", topic=topic, fault=repr(fault))

    def _wants(self, attribute: str) -> bool:
        caller = self._room.remote_participants.get(self._caller)
        return caller is not None and caller.attributes.get(attribute) == "true"

    def _receive(self, packet: rtc.DataPacket) -> None:
        if packet.topic != USER_TEXT:
            return
        if packet.participant is None or packet.participant.identity != self._caller:
            ignored_messages.labels("sender").inc()
            return
        if len(packet.data) > _MAX_MESSAGE_BYTES:
            ignored_messages.labels("too_large").inc()
            return
        try:
            message = json.loads(packet.data)
            text = message["text"].strip()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            ignored_messages.labels("malformed").inc()
            return
        if not text or len(text) > _MAX_TEXT_CHARS:
            ignored_messages.labels("text_length").inc()
            return
        self._on_text(text)
