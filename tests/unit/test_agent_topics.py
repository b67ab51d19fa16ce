"""Contract 6.1, 6.2 and 14.7: what the agent takes from the data channel, what it passes over, and what it sends."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

from services.agent.client.topics import ERROR, PARTIALS_ATTRIBUTE, REPLY, STATE, USER_TEXT, Topics

CALLER = "user-1"


class Room(rtc.Room):
    """A room that keeps what is published in it. attributes: of the caller."""

    def __init__(self, attributes: dict[str, str]) -> None:
        super().__init__()
        self.published: list[tuple[str, dict[str, Any]]] = []
        self._caller = cast("rtc.RemoteParticipant", SimpleNamespace(attributes=attributes))

    @property
    def local_participant(self) -> rtc.LocalParticipant:
        async def publish_data(payload: bytes, *, reliable: bool, topic: str) -> None:
            assert reliable
            self.published.append((topic, json.loads(payload)))

        return cast("rtc.LocalParticipant", SimpleNamespace(publish_data=publish_data))

    @property
    def remote_participants(self) -> dict[str, rtc.RemoteParticipant]:
        return {CALLER: self._caller}


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


async def test_replies_have_an_id_a_time_and_the_type_of_what_the_caller_said() -> None:
    room = Room({})
    topics = Topics(room, CALLER, lambda _: None)
    topics.reply("utt_1", "Good mor", final=False)
    topics.reply("utt_1", "Good morning.", final=True)
    topics.reply("utt_2", "Hello", final=True, from_user=True)
    topics.reply("utt_3", "  ", final=True)
    await topics.drain(1.0)
    assert [topic for topic, _ in room.published] == [REPLY, REPLY]
    spoken, heard = (message for _, message in room.published)
    assert spoken.keys() == {"id", "text", "final", "ts"}
    assert (spoken["id"], spoken["text"], spoken["final"]) == ("utt_1", "Good morning.", True)
    assert (heard["type"], heard["text"]) == ("user_text", "Hello")


async def test_partials_go_to_who_asked_for_them() -> None:
    room = Room({PARTIALS_ATTRIBUTE: "true"})
    topics = Topics(room, CALLER, lambda _: None)
    topics.reply("utt_1", "Good mor", final=False)
    topics.reply("utt_1", "Good morning.", final=True)
    await topics.drain(1.0)
    assert [(message["text"], message["final"]) for _, message in room.published] == [
        ("Good mor", False),
        ("Good morning.", True),
    ]


async def test_states_are_sent_when_they_change_and_errors_with_their_code() -> None:
    room = Room({})
    topics = Topics(room, CALLER, lambda _: None)
    for state in ("listening", "listening", "away", "thinking"):
        topics.state(state)
    topics.error("agent_unavailable", "Nobody is free.")
    await topics.drain(1.0)
    assert room.published == [
        (STATE, {"state": "listening"}),
        (STATE, {"state": "thinking"}),
        (ERROR, {"code": "agent_unavailable", "message": "Nobody is free."}),
    ]
