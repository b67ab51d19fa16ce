"""Contract 6.1 and 14.7: what the agent takes from the data channel and what it passes over, and what clients get."""

import json
from typing import Any

import pytest
from livekit import rtc

from services.agent.client.messages import Error, FormConfirmation, FormState, Metrics, Reply, State, UserText
from services.agent.client.room import RoomClients
from services.agent.client.router import Router

CALLER = "user-1"
ASKED: dict[str, str] = {"callbox.partials": "true", "callbox.metrics": "true"}


def participant(
    identity: str,
    attributes: dict[str, str] | None = None,
    kind: int = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
) -> Any:
    return type("Participant", (), {"identity": identity, "attributes": attributes or {}, "kind": kind})()


async def received(data: bytes, topic: str = UserText.topic, identity: str | None = CALLER) -> list[str]:
    """The texts taken from one packet."""
    texts: list[str] = []
    room = rtc.Room()
    RoomClients(room, CALLER).router.on(UserText, lambda message: texts.append(message.text))
    sender = None if identity is None else participant(identity)
    room.emit("data_received", rtc.DataPacket(data, rtc.DataPacketKind.KIND_RELIABLE, sender, topic))
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
        b'{"text": "\\ud800"}',
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


class _Room(rtc.Room):
    """A room in which the caller has set some attributes, and nothing is sent over a network."""

    def __init__(self, attributes: dict[str, str]) -> None:
        super().__init__()
        self._remote_participants = {CALLER: participant(CALLER, attributes)}
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.receivers: list[list[str]] = []
        self._local_participant = self  # type: ignore[assignment]

    def isconnected(self) -> bool:
        return True

    async def publish_data(
        self, payload: bytes, *, reliable: bool, destination_identities: list[str], topic: str
    ) -> None:
        assert reliable
        self.receivers.append(destination_identities)
        self.published.append((topic, json.loads(payload)))


async def published(attributes: dict[str, str], *messages: Any) -> list[tuple[str, dict[str, Any]]]:
    room = _Room(attributes)
    clients = RoomClients(room, CALLER)
    for message in messages:
        clients.send(message)
    await clients.drain(1.0)
    return room.published


async def test_messages_go_out_as_the_contract_has_them() -> None:
    """Contract 6.2 and 14.7."""
    sent = await published(
        {},
        Reply(id="reply_1", text="We open at nine.", final=True, ts=1.5),
        Reply(id="user_1", text="Hi", final=True, ts=2.5, type="user_text"),
        State(state="thinking"),
        Error(code="agent_lost", message="Start a new call."),
    )
    assert sent == [
        ("voice.reply", {"id": "reply_1", "text": "We open at nine.", "final": True, "ts": 1.5}),
        ("voice.reply", {"id": "user_1", "text": "Hi", "final": True, "ts": 2.5, "type": "user_text"}),
        ("voice.state", {"state": "thinking"}),
        ("voice.error", {"code": "agent_lost", "message": "Start a new call."}),
    ]


async def test_partials_and_metrics_go_to_callers_that_asked() -> None:
    messages = (
        Reply(id="reply_1", text="We", final=False),
        Metrics(turn_index=1, speech_end_ts=1.0, first_frame_ts=1.6, parts={"first_token": 40.0}),
    )
    assert await published({}, *messages) == []
    assert [topic for topic, _ in await published(ASKED, *messages)] == ["voice.reply", "voice.metrics"]


async def test_with_too_many_messages_partials_are_left_out_and_the_newest_of_the_others_stay() -> None:
    states = [State(state="thinking" if number % 2 else "listening") for number in range(130)]
    sent = await published(ASKED, *states, Reply(id="reply_1", text="We", final=False), Error(code="x", message="y"))
    assert len(sent) == 128
    assert sent[-1][0] == "voice.error"
    assert "voice.reply" not in {topic for topic, _ in sent}


async def test_a_packet_for_the_caller_goes_to_nobody_else() -> None:
    room = _Room({})
    clients = RoomClients(room, CALLER)
    assert await clients.deliver("form.book-demo", b"{}", to_caller=True)
    assert await clients.deliver("custom.open", b"{}")
    assert room.receivers == [[CALLER], []]


async def test_what_is_known_of_the_caller() -> None:
    room = _Room({"callbox.timezone": "Europe/Berlin"})
    clients = RoomClients(room, CALLER)
    assert clients.attribute("callbox.timezone") == "Europe/Berlin"
    assert clients.attribute("callbox.other") == ""
    room._remote_participants = {}
    assert clients.attribute("callbox.timezone") == ""


async def test_a_caller_who_came_by_telephone_is_known() -> None:
    room = _Room({})
    found = []
    for callers in (
        {CALLER: participant(CALLER)},
        {CALLER: participant(CALLER, kind=rtc.ParticipantKind.PARTICIPANT_KIND_SIP)},
        {},
    ):
        room._remote_participants = callers
        found.append(RoomClients(room, CALLER).by_phone)
    assert found == [False, True, False]


def test_messages_of_one_topic_are_told_apart_by_their_type() -> None:
    told: list[Any] = []
    router = Router()
    router.on(UserText, lambda message: told.append(message.text))
    router.on_type("voice.user_text", "demo_submitted", FormConfirmation, lambda message: told.append(message.form))
    for message in (
        {"type": "user_text", "text": "Hello"},
        {"type": "demo_submitted", "form": {"a": 1}, "text": "Done"},
        {"type": ["demo_submitted"], "text": "A list"},
        {"text": "No type"},
    ):
        router.receive("voice.user_text", json.dumps(message).encode())
    assert told == ["Hello", {"a": 1}, "A list", "No type"]


async def test_a_form_of_someone_elses_browser_is_not_believed() -> None:
    told: list[Any] = []
    room = rtc.Room()
    RoomClients(room, CALLER).router.on_type("form.state", "form_state", FormState, told.append)
    state = json.dumps({"type": "form_state", "form_id": "book-demo", "is_open": True, "values": {}}).encode()
    for sender in (participant("user-2"), None):
        room.emit("data_received", rtc.DataPacket(state, rtc.DataPacketKind.KIND_RELIABLE, sender, "form.state"))
    assert told == []
    own = rtc.DataPacket(state, rtc.DataPacketKind.KIND_RELIABLE, participant(CALLER), "form.state")
    room.emit("data_received", own)
    assert len(told) == 1
