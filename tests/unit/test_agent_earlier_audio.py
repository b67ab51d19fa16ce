"""Limits on the audio that a client has recorded before the agent could hear it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from livekit import rtc
from livekit.rtc.data_stream import ByteStreamInfo

from services.agent.audio import earlier
from services.agent.audio.earlier import TOPIC, limit_earlier_audio

CALLER = "user-1"
PCM = {"trackId": "TR_1", "sampleRate": "48000", "channels": "1"}


class Reader:
    """A stream of a client with chunks of 1,000 bytes. ends: after them; otherwise it stays open."""

    def __init__(
        self, attributes: dict[str, str], mime_type: str = "audio/pcm", chunks: int = 1, *, ends: bool = True
    ) -> None:
        self.info = ByteStreamInfo("1", mime_type, TOPIC, 0, 0, attributes, "earlier")
        self.closed = False
        self._chunks = chunks
        self._ends = ends

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._chunks):
            yield bytes(1000)
        if not self._ends:
            await asyncio.sleep(3600)

    def close(self) -> None:
        self.closed = True


class Room:
    """The streams' part of a room, with the handler that RoomIO registers."""

    def __init__(self) -> None:
        self.accepted: list[Any] = []
        self._byte_stream_handlers: dict[str, Callable[..., Any]] = {TOPIC: lambda it, _: self.accepted.append(it)}

    def unregister_byte_stream_handler(self, topic: str) -> None:
        del self._byte_stream_handlers[topic]

    def register_byte_stream_handler(self, topic: str, handler: Callable[..., Any]) -> None:
        self._byte_stream_handlers[topic] = handler

    def opens(self, reader: Reader, identity: str = CALLER) -> None:
        self._byte_stream_handlers[TOPIC](reader, identity)


@pytest.fixture
def room() -> Room:
    made = Room()
    limit_earlier_audio(made, CALLER)  # type: ignore[arg-type]  # it has what is used of a room
    return made


async def read(reader: Any) -> int:
    return sum([len(chunk) async for chunk in reader])


async def test_the_callers_audio_is_taken_and_its_stream_closed(room: Room) -> None:
    reader = Reader(PCM, chunks=900)
    room.opens(reader)
    (taken,) = room.accepted
    assert taken.info.attributes == PCM
    assert await read(taken) == 900_000
    assert reader.closed


async def test_several_channels_of_compressed_audio_are_mixed_by_the_decoder(room: Room) -> None:
    room.opens(Reader({**PCM, "channels": "2"}, "audio/webm;codecs=opus"))
    assert room.accepted[0].info.attributes["channels"] == "1"


async def test_a_stream_of_another_participant_is_closed_unread(room: Room) -> None:
    reader = Reader(PCM)
    room.opens(reader, "somebody")
    assert room.accepted == []
    assert reader.closed


@pytest.mark.parametrize(
    "reader",
    [
        Reader({**PCM, "sampleRate": "1"}),
        Reader({**PCM, "sampleRate": "9" * 5000}),
        Reader({**PCM, "sampleRate": "fast"}),
        Reader({**PCM, "channels": "2"}),
        Reader({"trackId": "TR_1"}),
        # What Safari records.
        Reader(PCM, "video/mp4"),
        Reader(PCM, "audio/webm"),
    ],
)
async def test_audio_that_cannot_be_used_is_empty_so_that_nobody_waits_for_it(room: Room, reader: Reader) -> None:
    room.opens(reader)
    (taken,) = room.accepted
    assert taken.info.attributes == PCM
    assert taken.info.mime_type == ""
    assert await read(taken) == 0
    assert reader.closed


@pytest.mark.parametrize(("mime_type", "chunks"), [("audio/pcm", 961), ("audio/opus", 129)])
async def test_a_stream_that_brings_too_much_is_closed(room: Room, mime_type: str, chunks: int) -> None:
    reader = Reader(PCM, mime_type, chunks)
    room.opens(reader)
    with pytest.raises(ValueError, match="too much"):
        await read(room.accepted[0])
    assert reader.closed


@pytest.mark.looptime
async def test_of_a_stream_that_does_not_end_in_time_is_taken_what_has_come(room: Room) -> None:
    """RoomIO would drop all of it after 3 s, and hold back the live audio until then."""
    reader = Reader(PCM, chunks=20, ends=False)
    room.opens(reader)
    began = asyncio.get_running_loop().time()
    assert await read(room.accepted[0]) == 20_000
    assert asyncio.get_running_loop().time() - began < 2.0
    assert reader.closed


async def test_a_call_takes_a_bounded_number_of_streams(room: Room) -> None:
    for _ in range(30):
        room.opens(Reader(PCM))
    assert len(room.accepted) == earlier._MAX_STREAMS


async def test_the_handler_that_is_bounded_is_the_one_that_livekit_agents_registers() -> None:
    from livekit.agents.voice.room_io._pre_connect_audio import PreConnectAudioHandler

    real = rtc.Room()
    PreConnectAudioHandler(real, timeout=1.0).register()
    before = real._byte_stream_handlers[TOPIC]
    limit_earlier_audio(real, CALLER)
    assert real._byte_stream_handlers[TOPIC] is not before
