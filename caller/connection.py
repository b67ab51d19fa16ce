"""The caller's connection to a LiveKit room: audio in both directions and the data channel."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Self

from livekit import rtc

from caller.downlink import Downlink
from caller.messages import Message, parse
from caller.session import Grant
from caller.uplink import Uplink

CONNECT_SECONDS = 10.0
LEAVE_SECONDS = 5.0
# Asks the agent to send partial transcripts and latency figures.
PARTICIPANT_ATTRIBUTES = {"callbox.partials": "true", "callbox.metrics": "true"}


class JoinFailed(Exception):
    """The room could not be joined; the message says why and what to do."""


class Connection:
    """Joins the room of a session and leaves it again. An async context manager: it owns every task of the call.

    on_message: called with each known message of the agent.
    """

    def __init__(self, grant: Grant, on_message: Callable[[Message], None]) -> None:
        self._grant = grant
        self._on_message = on_message
        self._room = rtc.Room()
        self._tasks: set[asyncio.Task[None]] = set()
        self.uplink = Uplink()
        self.downlink = Downlink()
        self.agent_here = False
        self.closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._room.on("data_received", self._take_data)
        self._room.on("track_subscribed", self._take_track)
        self._room.on("disconnected", lambda *_: self.closed.set())
        self._room.on("participant_disconnected", self._take_leave)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._room.connect(self._grant.livekit_url, self._grant.token)
                track = rtc.LocalAudioTrack.create_audio_track("caller", self.uplink.source)
                options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
                await self._room.local_participant.set_attributes(PARTICIPANT_ATTRIBUTES)
                await self._room.local_participant.publish_track(track, options)
        except (rtc.ConnectError, TimeoutError) as fault:
            await self._leave()
            why = str(fault) or f"no answer within {CONNECT_SECONDS:.0f} s"
            raise JoinFailed(
                f"The room at {self._grant.livekit_url} could not be joined ({why}). "
                "Check that the LiveKit server runs and that its UDP port is open."
            ) from None
        except BaseException:
            await self._leave()
            raise
        self._own(self.uplink.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leave()

    async def type(self, text: str) -> None:
        """Sends a typed message."""
        body = json.dumps({"type": "user_text", "text": text})
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._room.local_participant.publish_data(body, reliable=True, topic="voice.user_text")

    def fault(self) -> BaseException | None:
        """The exception that stopped the audio; None if it runs."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return None

    def _own(self, work: "asyncio._CoroutineLike[None]") -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(work))

    def _take_track(self, track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self.agent_here = True
            self._own(self.downlink.run(track))

    def _take_leave(self, participant: rtc.RemoteParticipant) -> None:
        if not self._room.remote_participants:
            self.agent_here = False

    def _take_data(self, packet: rtc.DataPacket) -> None:
        message = parse(packet.topic or "", bytes(packet.data))
        if message is not None:
            self._on_message(message)

    async def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._room.disconnect()
        await self.uplink.source.aclose()
        self.closed.set()
