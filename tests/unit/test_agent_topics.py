"""What the agent takes from the data channel, and what it passes over."""

import json

import pytest
from livekit import rtc

from services.agent.client.topics import USER_TEXT, Topics

CALLER = "user-1"


async def received(data: bytes, topic: str = USER_TEXT, identity: str | None = CALLER) -> list[str]:
    """The texts taken from one packet."""
    texts: list[str] = []
    room = rtc.Room()
    Topics(room, CALLER, texts.append)
    participant = None
    if identity is not None:
        participant = type("Participant", (), {"identity": identity})()
    room.emit("data_received", rtc.DataPacket(data, rtc.DataPacketKind.KIND_RELIABLE, participant, topic))
    return texts


async def test_a_typed_text_is_taken() -> None:
    assert await received(json.dumps({"type": "user_text", "text": " Hello "}).encode()) == ["Hello"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"text": 1}',
        b'{"text": "   "}',
        b'{"text": "' + b"x" * 20_000 + b'"}',
        b'{"text": "' + b"y" * 5_000 + b'"}',
        b"[" * 10_000,
        b'{"text": 1e400}',
    ],
)
async def test_nonsense_is_passed_over(data: bytes) -> None:
    assert await received(data) == []


async def test_others_and_other_topics_are_passed_over() -> None:
    message = json.dumps({"text": "Hello"}).encode()
    assert await received(message, topic="form.state") == []
    assert await received(message, identity="user-2") == []
    assert await received(message, identity=None) == []
