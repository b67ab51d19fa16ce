"""Whether the caller is in the room: what ends a call and what does not. In virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit import rtc

from services.agent.call.presence import CallerPresence

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

CALLER = "user-1"
ABSENCE_SECONDS = 5.0


class Call:
    """A call's room, and what the presence of the caller did to the call. ended: (seconds, reason)."""

    def __init__(self) -> None:
        self.room = rtc.EventEmitter[str]()
        self.ended: list[tuple[float, int]] = []
        self.returns = 0
        loop = asyncio.get_running_loop()
        self.presence = CallerPresence(
            SimpleNamespace(room=self.room),  # type: ignore[arg-type]  # of a job's context it needs the room
            CALLER,
            ABSENCE_SECONDS,
            lambda reason: self.ended.append((loop.time(), reason)),
            self._back,
        )

    def leaves(self, identity: str = CALLER) -> None:
        self.room.emit("participant_disconnected", SimpleNamespace(identity=identity))

    def joins(self, identity: str = CALLER) -> None:
        self.room.emit("participant_connected", SimpleNamespace(identity=identity))
        self.room.emit("participant_active", SimpleNamespace(identity=identity))

    def _back(self) -> None:
        self.returns += 1


async def test_a_caller_who_stays_away_ends_the_call_after_the_grace() -> None:
    call = Call()
    began = asyncio.get_running_loop().time()
    call.leaves()
    await asyncio.sleep(60.0)
    ((at, reason),) = call.ended
    assert reason == pb.END_REASON_CLIENT_LEFT
    assert at - began == pytest.approx(ABSENCE_SECONDS)


async def test_a_caller_who_is_back_within_the_grace_goes_on_with_the_call() -> None:
    call = Call()
    for _ in range(3):
        call.leaves()
        await asyncio.sleep(ABSENCE_SECONDS - 0.1)
        call.joins()
        await asyncio.sleep(60.0)
    assert call.ended == []
    assert call.returns == 3


async def test_the_first_join_is_no_return() -> None:
    call = Call()
    call.joins()
    assert call.returns == 0


async def test_each_absence_has_the_whole_grace() -> None:
    call = Call()
    call.leaves()
    await asyncio.sleep(4.0)
    call.joins()
    call.leaves()
    await asyncio.sleep(4.0)
    assert call.ended == []
    await asyncio.sleep(1.1)
    assert [reason for _, reason in call.ended] == [pb.END_REASON_CLIENT_LEFT]


async def test_another_participant_neither_ends_nor_keeps_the_call() -> None:
    call = Call()
    call.leaves("somebody")
    await asyncio.sleep(60.0)
    assert call.ended == []
    call.leaves()
    call.joins("somebody")
    await asyncio.sleep(60.0)
    assert len(call.ended) == 1


@pytest.mark.parametrize(
    ("disconnected", "ended"),
    [
        (rtc.DisconnectReason.ROOM_CLOSED, pb.END_REASON_CLIENT_LEFT),
        (rtc.DisconnectReason.ROOM_DELETED, pb.END_REASON_ENDED_BY_API),
        (rtc.DisconnectReason.PARTICIPANT_REMOVED, pb.END_REASON_ENDED_BY_API),
        (rtc.DisconnectReason.SERVER_SHUTDOWN, pb.END_REASON_ERROR),
        (rtc.DisconnectReason.CONNECTION_TIMEOUT, pb.END_REASON_ERROR),
    ],
)
async def test_a_room_that_is_gone_ends_the_call_at_once_for_its_reason(disconnected: int, ended: int) -> None:
    """LiveKit closed the room at once after 1 of 160 hang-ups, instead of after its departure timeout."""
    call = Call()
    call.room.emit("disconnected", disconnected)
    assert [reason for _, reason in call.ended] == [ended]


async def test_after_the_call_nothing_waits_for_the_caller() -> None:
    call = Call()
    call.leaves()
    call.presence.close()
    await asyncio.sleep(60.0)
    assert call.ended == []
