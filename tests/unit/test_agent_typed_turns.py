"""What the caller types while an answer is awaited or spoken, in virtual time: one turn until the answer begins."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import APIConnectionError, llm
from livekit.agents.voice.audio_recognition import _EndOfTurnInfo, _EndOfTurnMetrics

from services.agent.call.conversation import Conversation, Limits
from services.agent.moments import TurnBegan, TurnComplete
from services.agent.speech.phrases import PHRASES, Line
from services.agent.tools.tool import Arguments
from tests.fixtures.serverless import Answer, Call, ScriptedModel, cast, last_said, start, tool

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

TROUBLE = PHRASES["en"][Line.TROUBLE]
LONG = "This is a long first sentence, and here the second part of it goes on for a while."


def echo(seen: llm.ChatContext) -> str:
    return f"You said {last_said(seen)}."


def slowly(seen: llm.ChatContext) -> Answer:
    """The first word comes after two seconds."""
    return Answer(echo(seen), wait=2.0)


def speak(call: Call, text: str) -> None:
    """A turn that the caller has spoken, as the recogniser reports it."""
    activity = call.conversation._session._activity
    assert activity is not None
    activity.on_end_of_turn(_EndOfTurnInfo(False, text, 1.0, _EndOfTurnMetrics(None, None, None, None)))


def seen_of_user(context: llm.ChatContext) -> list[str]:
    return [
        item.text_content or "" for item in context.items if isinstance(item, llm.ChatMessage) and item.role == "user"
    ]


@pytest.mark.parametrize("aloud", [False, True])
@pytest.mark.parametrize("pause", [0.0, 0.04, 0.06, 0.2, 0.8])
async def test_messages_before_the_answer_begins_are_one_turn(pause: float, aloud: bool) -> None:
    began: list[TurnBegan] = []

    def register(conversation: Conversation) -> None:
        conversation.moments.turn_began.add(began.append)

    call = await start(cast(slowly, aloud=aloud), register=register)
    typed = ["one", "two", "three", "four"]
    for text in typed:
        call.clients.type(text)
        assert call.clients.replies(of_user=True)[-1] == text
        await asyncio.sleep(pause)
    await asyncio.sleep(10.0)
    await call.ends()
    whole = "one\ntwo\nthree\nfour"
    assert seen_of_user(call.asked[-1]) == [whole]
    assert [text for _, text, _ in call.journal.turns()] == ["Hello!", whole, f"You said {' '.join(typed)}."]
    assert call.clients.replies(of_user=True) == typed
    assert [event.continued for event in began] == [False] + [True] * (len(began) - 1)
    assert began[-1].text == whole


@pytest.mark.parametrize("pause", [0.0, 0.002, 0.04, 0.1])
@pytest.mark.parametrize("aloud", [False, True])
async def test_all_typed_messages_of_a_burst_are_seen_by_the_model_and_kept_in_order(pause: float, aloud: bool) -> None:
    call = await start(cast(lambda seen: "Fine.", aloud=aloud))
    typed = [f"message {number}" for number in range(1, 11)]
    for text in typed:
        call.clients.type(text)
        await asyncio.sleep(pause)
    await asyncio.sleep(10.0)
    await call.ends()
    seen = [item.text_content or "" for item in call.asked[-1].items if isinstance(item, llm.ChatMessage)]
    assert "\n".join(seen[2:]).splitlines() == typed
    kept = [turn.text for event in call.journal.events if event.HasField("turn") and (turn := event.turn).typed]
    assert kept == ["\n".join(typed)]
    assert [text for who, text, _ in call.journal.turns() if who == "agent"] == ["Hello!", "Fine."]
    assert call.clients.replies(of_user=True) == typed


async def test_the_history_gets_a_turn_when_its_answer_begins_with_the_time_of_its_first_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complete: list[TurnComplete] = []

    def register(conversation: Conversation) -> None:
        conversation.moments.turn_complete.add(complete.append)

    clock = asyncio.get_running_loop().time
    call = await start(cast(slowly, greeting="", aloud=True), register=register)
    monkeypatch.setattr("services.agent.turns.typed.time", SimpleNamespace(time=clock))
    first_message_at = clock()
    await call.asks("one", 1.0)
    assert call.journal.turns() == []
    # Those who watch the call see it meanwhile.
    assert call.live.partials[-1] == "one"
    await call.asks("two", 2.5)
    assert call.journal.turns() == [("user", "one\ntwo", False)]
    assert complete == [TurnComplete("one\ntwo", first_message_at, typed=True)]
    await asyncio.sleep(10.0)
    await call.ends()
    turns = [event.turn for event in call.journal.events if event.HasField("turn")]
    assert [(turn.turn_index, turn.role, turn.typed) for turn in turns] == [
        (0, pb.ROLE_USER, True),
        (1, pb.ROLE_ASSISTANT, False),
    ]


@pytest.mark.parametrize("aloud", [False, True])
async def test_a_message_after_the_answer_began_is_a_turn_of_its_own_after_the_cut_reply(aloud: bool) -> None:
    call = await start(cast(lambda seen: LONG if last_said(seen) == "tell" else echo(seen), greeting="", aloud=aloud))
    await call.asks("tell", 0.6 if not aloud else 3.0)
    await call.asks("stop")
    await call.ends()
    (first, cut, second, last) = call.journal.turns()
    assert first == ("user", "tell", False)
    assert cut[2]
    assert LONG.startswith(cut[1])
    assert (second, last) == (("user", "stop", False), ("agent", "You said stop.", False))
    assert seen_of_user(call.asked[-1]) == ["tell", "stop"]


async def test_noises_of_the_caller_do_not_divide_a_typed_turn() -> None:
    call = await start(cast(slowly, aloud=True, greeting=""))
    session = call.conversation._session
    await call.asks("one", 0.5)
    session._update_user_state("speaking")
    await asyncio.sleep(0.3)
    session._update_user_state("listening")
    await call.asks("two", 10.0)
    await call.ends()
    assert call.journal.turns() == [("user", "one\ntwo", False), ("agent", "You said one two.", False)]


@pytest.mark.parametrize("aloud", [False, True])
async def test_what_the_caller_says_between_two_messages_stands_between_them(aloud: bool) -> None:
    call = await start(cast(slowly, greeting="", aloud=aloud))
    await call.asks("typed", 0.5)
    speak(call, "spoken")
    await asyncio.sleep(0.5)
    await call.asks("again", 0.5)
    await call.asks("and again", 10.0)
    await call.ends()
    said = ["typed", "spoken", "again\nand again"]
    assert [text for role, text, _ in call.journal.turns() if role == "user"] == said
    assert seen_of_user(call.asked[-1]) == said
    turns = [event.turn for event in call.journal.events if event.HasField("turn")]
    assert [turn.typed for turn in turns] == [True, False, True, False]
    assert [turn.turn_index for turn in turns] == [0, 1, 2, 3]


@pytest.mark.parametrize("pause", [0.0, 0.03, 0.5])
async def test_a_turn_whose_call_ends_before_the_answer_is_written_once(pause: float) -> None:
    call = await start(cast(slowly, greeting="", aloud=True))
    await call.asks("one", 0.5)
    await call.asks("two", pause)
    await call.ends()
    assert call.journal.turns() == [("user", "one\ntwo", False)]
    assert call.journal.events[-1].HasField("end")


@pytest.mark.parametrize("pause", [0.5, 1.05, 1.5])
async def test_a_turn_whose_answer_fails_is_written_once_before_the_error(pause: float) -> None:
    def fail(seen: llm.ChatContext) -> Answer | str:
        refused = APIConnectionError("refused", retryable=False)
        return Answer(wait=1.0, fault=refused) if "three" not in last_said(seen) else echo(seen)

    call = await start(cast(fail, greeting="", aloud=True))
    await call.asks("one", 0.5)
    await call.asks("two", 10.0)
    await call.asks("three", pause)
    await asyncio.sleep(10.0)
    await call.ends()
    assert [text for _, text, _ in call.journal.turns()] == ["one\ntwo", TROUBLE, "three", "You said three."]
    kinds = [event.WhichOneof("event") for event in call.journal.events]
    assert kinds.index("turn") < kinds.index("error")


async def test_a_message_while_the_failure_line_is_prepared_is_a_new_turn() -> None:
    refused = APIConnectionError("refused", retryable=False)
    call = await start(
        cast(lambda seen: echo(seen) if "two" in last_said(seen) else Answer(wait=1.0, fault=refused), greeting="")
    )
    faults = asyncio.Event()
    call.conversation._session.on("error", lambda _: faults.set())
    call.clients.type("one")
    await faults.wait()
    await call.asks("two")
    await call.ends()
    asked = [text for role, text, _ in call.journal.turns() if role == "user"]
    assert asked == ["one", "two"]
    assert call.journal.turns()[-1] == ("agent", "You said two.", False)


@pytest.mark.parametrize("pause", [4.5, 6.0])
async def test_a_filler_is_not_the_answer(pause: float) -> None:
    """A filler comes after four seconds and takes one: it is playing, or it has been played."""
    call = await start(cast(lambda seen: Answer(echo(seen), wait=7.0), greeting="", aloud=True))
    await call.asks("one", pause)
    assert call.sound is not None
    assert len(call.sound.loudspeaker.heard) == (1 if pause > 5 else 0)
    await call.asks("two", 20.0)
    await call.ends()
    assert call.journal.turns() == [("user", "one\ntwo", False), ("agent", "You said one two.", False)]
    assert seen_of_user(call.asked[-1]) == ["one\ntwo"]


@pytest.mark.parametrize("moment", [0.5, 1.5, 2.5])
@pytest.mark.parametrize("aloud", [False, True])
async def test_a_tool_call_does_not_divide_a_typed_turn(moment: float, aloud: bool) -> None:
    """The second message comes while the call is written, while the tool works, and while the answer is written."""

    async def look(_: Arguments) -> str:
        await asyncio.sleep(1.0)
        return "seen"

    def answer(seen: llm.ChatContext) -> Answer:
        done = any(isinstance(item, llm.FunctionCallOutput) for item in seen.items)
        return Answer(echo(seen), wait=1.0) if done else Answer(calls=[("look", "{}")], wait=1.0)

    call = await start(cast(answer, greeting="", tools=(tool("look", look),), aloud=aloud))
    await call.asks("one", moment)
    await call.asks("two", 20.0)
    await call.ends()
    assert call.journal.turns() == [("user", "one\ntwo", False), ("agent", "You said one two.", False)]
    assert seen_of_user(call.asked[-1]) == ["one\ntwo"]
    # Each call stands before its result, and behind the message.
    kinds = [item.type for item in call.asked[-1].items if getattr(item, "role", "") != "system"]
    assert [kind for kind in kinds if kind != "agent_config_update"] == [
        "message",
        "function_call",
        "function_call_output",
    ]


async def test_what_is_said_before_a_tool_call_is_the_beginning_of_the_answer() -> None:
    async def look(_: Arguments) -> str:
        await asyncio.sleep(1.5)
        return "seen"

    def answer(seen: llm.ChatContext) -> Answer | str:
        done = any(isinstance(item, llm.FunctionCallOutput) for item in seen.items)
        return echo(seen) if done else Answer("Let me look.", calls=[("look", "{}")])

    call = await start(cast(answer, greeting="", tools=(tool("look", look),)))
    await call.asks("one", 1.0)
    await call.asks("two", 20.0)
    await call.ends()
    assert [text for _, text, _ in call.journal.turns()] == ["one", "Let me look.", "two", "You said two."]


async def test_reading_ahead_sees_no_half_of_a_turn_and_changes_none() -> None:
    reader = ScriptedModel(lambda _: Answer("Yes.", wait=10.0))
    first = cast(slowly, greeting="")
    model = first.model.__class__(first.model.llm, reader, own=True)
    call = await start(cast(slowly, greeting="", model=model))
    read = call.conversation._next_question.read
    read(call.conversation.cast, call.conversation._belt, call.conversation._persona)
    await call.asks("one", 0.5)
    read(call.conversation.cast, call.conversation._belt, call.conversation._persona)
    await call.asks("two", 20.0)
    await call.ends()
    assert call.journal.turns() == [("user", "one\ntwo", False), ("agent", "You said one two.", False)]


async def test_the_limit_of_a_turn_counts_from_the_last_message() -> None:
    call = await start(cast(lambda _: Answer("Late.", wait=100.0), greeting="", aloud=True), Limits(turn_seconds=8.0))
    await call.asks("one", 6.0)
    await call.asks("two", 7.5)
    assert call.journal.faults() == []
    await asyncio.sleep(1.0)
    assert call.journal.faults() == ["turn_timeout"]
    await asyncio.sleep(5.0)
    await call.ends()
    assert call.journal.turns() == [("user", "one\ntwo", False), ("agent", TROUBLE, False)]


async def test_a_turn_that_another_character_answers_is_written_once_and_seen_whole() -> None:
    call = await start(cast(slowly, greeting=""))
    await call.asks("one", 0.5)
    changing = asyncio.create_task(call.conversation.change_cast(cast(slowly, prompt="You escalate.")))
    await asyncio.sleep(0.1)
    await call.asks("two", 20.0)
    await changing
    await call.asks("three", 20.0)
    await call.ends()
    asked = [text for role, text, _ in call.journal.turns() if role == "user"]
    assert "\n".join(asked).split("\n") == ["one", "two", "three"]
    assert "\n".join(seen_of_user(call.asked[-1])).split("\n") == ["one", "two", "three"]


async def test_a_turn_has_a_limit_of_messages_until_its_answer_begins() -> None:
    call = await start(cast(slowly, greeting=""))
    for number in range(150):
        call.clients.type(f"message {number}")
    await asyncio.sleep(0.5)
    for number in range(150, 300):
        call.clients.type(f"message {number}")
    await asyncio.sleep(10.0)
    await call.asks("next")
    await call.ends()
    assert len(call.clients.replies(of_user=True)) == 257
    asked = [text for role, text, _ in call.journal.turns() if role == "user"]
    assert [len(text.splitlines()) for text in asked] == [256, 1]


async def test_a_typed_line_stands_after_the_greeting_that_it_interrupts() -> None:
    call = await start(cast(echo, greeting=LONG * 3, aloud=True))
    await call.asks("stop")
    await call.ends()
    (greeting, *rest) = [event.turn for event in call.journal.events if event.HasField("turn")]
    assert (greeting.role, greeting.interrupted) == (pb.ROLE_ASSISTANT, True)
    assert [turn.text for turn in rest] == ["stop", "You said stop."]


async def test_a_message_typed_just_before_the_end_stands_in_the_history() -> None:
    call = await start(cast(echo, greeting=""))
    call.clients.type("last words")
    await call.ends()
    assert call.journal.turns() == [("user", "last words", False)]
    assert call.journal.events[-1].HasField("end")


async def test_a_message_typed_during_the_farewell_stands_in_the_history() -> None:
    call = await start(cast(echo, greeting="", aloud=True), Limits(call_seconds=10.0))
    await asyncio.sleep(5.5)
    call.clients.type("wait")
    await call.running
    assert call.journal.ends() == ["max_call_seconds"]
    farewell = PHRASES["en"][Line.TIME_IS_UP]
    assert sorted(call.journal.turns()) == sorted([("user", "wait", False), ("agent", farewell, False)])


async def test_more_typed_messages_than_the_limit_are_ignored_and_not_echoed() -> None:
    call = await start(cast(echo, greeting=""))
    for number in range(300):
        call.clients.type(f"message {number}")
    await asyncio.sleep(10.0)
    await call.ends()
    assert len(call.clients.replies(of_user=True)) == 256
    assert call.journal.turns()[0][1].splitlines()[-1] == "message 255"
