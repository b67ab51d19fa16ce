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
    """Waits for the caller, and ends the call when the caller or the room is gone.

    caller: identity of the participant. end: called with the reason.
    """

    def __init__(self, context: JobContext, caller: str, end: Callable[[Reason], object]) -> None:
        self._context = context
        self._caller = caller
        self._end = end
        context.room.on("participant_disconnected", self._on_left)
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

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._caller:
            self._end(pb.END_REASON_CLIENT_LEFT)

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        # Only sessions deletes rooms, and it has stored its reason before.
        deleted = reason in (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.PARTICIPANT_REMOVED)
        self._end(pb.END_REASON_ENDED_BY_API if deleted else pb.END_REASON_ERROR)
