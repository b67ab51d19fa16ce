"""Watches whether the caller is in the room."""

import asyncio
from collections.abc import Callable

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit import rtc
from livekit.agents import JobContext

from services.agent.moments import Reason

_log = structlog.get_logger(__name__)


class CallerPresence:
    """Waits for the caller, and ends the call when the caller stays away or the room is gone.

    A client that reconnects, restarts or is opened twice leaves the room and joins it again with the same identity. The
    call goes on with the newest connection.

    caller: identity of the participant. absence_seconds: how long it may be away. end: called with the reason.
    returned: called when the caller is back.
    """

    def __init__(
        self,
        context: JobContext,
        caller: str,
        absence_seconds: float,
        end: Callable[[Reason], object],
        returned: Callable[[], object],
    ) -> None:
        self._context = context
        self._caller = caller
        self._absence_seconds = absence_seconds
        self._end = end
        self._returned = returned
        self._has_left = False
        self._timer: asyncio.TimerHandle | None = None
        context.room.on("participant_disconnected", self._on_left)
        context.room.on("participant_connected", self._on_joined)
        context.room.on("participant_active", self._on_active)
        context.room.on("disconnected", self._on_disconnected)

    async def joined(self, seconds: float, over: "asyncio.Future[Reason]") -> bool:
        """Waits for the caller; False when the caller did not come within `seconds` or the call ended before."""
        join = asyncio.ensure_future(self._context.wait_for_participant(identity=self._caller))
        await asyncio.wait((join, over), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        joined = join.done() and not join.cancelled() and join.exception() is None
        if not joined:
            join.cancel()
            await asyncio.gather(join, return_exceptions=True)
            _log.info("nobody joined", seconds=seconds)
        return joined

    def close(self) -> None:
        """Stops waiting for a caller who has left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        # A full reconnect of a client looks like a hang-up: both say CLIENT_INITIATED.
        if participant.identity == self._caller:
            self.close()
            self._has_left = True
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._absence_seconds, self._end, pb.END_REASON_CLIENT_LEFT)

    def _on_joined(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._caller:
            self.close()

    def _on_active(self, participant: rtc.RemoteParticipant) -> None:
        # Earlier, a message would not reach the new connection.
        if participant.identity == self._caller and self._has_left:
            self._has_left = False
            _log.info("the caller is back")
            self._returned()

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        match reason:
            case rtc.DisconnectReason.ROOM_DELETED | rtc.DisconnectReason.PARTICIPANT_REMOVED:
                # Only sessions does that, and it has stored its reason before.
                self._end(pb.END_REASON_ENDED_BY_API)
            case rtc.DisconnectReason.ROOM_CLOSED:
                # LiveKit closes a room that only agents are in. It should wait for its departure timeout, but does not
                # when it looks for empty rooms within the milliseconds in which it removes the caller.
                self._end(pb.END_REASON_CLIENT_LEFT)
            case _:
                self._end(pb.END_REASON_ERROR)
