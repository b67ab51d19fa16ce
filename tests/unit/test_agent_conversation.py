"""Whole conversations without a server, in virtual time: what is said, kept, told and ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import APIConnectionError, llm

from services.agent.call.conversation import Conversation, Limits
from services.agent.client.messages import Error, State
from services.agent.moments import ToolCalled
from services.agent.speech.phrases import PHRASES, Line
from services.agent.tools.tool import Arguments
from tests.fixtures.serverless import Answer, cast, data_in, last_said, slow_voice, start, tool

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


def echo(seen: llm.ChatContext) -> str:
    return f"You said {last_said(seen)}."


async def test_ten_turns_an_interruption_and_an_ending_in_text_alone() -> None:
    def answer(seen: llm.ChatContext) -> str:
        return "One two three four five six seven eight." if "count" in last_said(seen) else echo(seen)

    call = await start(cast(answer))
    for number in range(1, 11):
        await call.asks(f"question {number}")
    call.clients.type("count")
    await asyncio.sleep(0.4)
    await call.asks("stop")
    await call.ends()

    turns = call.journal.turns()
    asked = [turn for turn in turns if turn[0] == "user"]
    assert turns[0] == ("agent", "Hello!", False)
    assert asked[:10] == [("user", f"question {number}", False) for number in range(1, 11)]
    assert [turn for turn in turns if turn[1].startswith("You said question")] == [
        ("agent", f"You said question {number}.", False) for number in range(1, 11)
    ]
    (cut,) = [text for role, text, interrupted in turns if role == "agent" and interrupted]
    assert "One two three four five six seven eight.".startswith(cut)
    assert cut != "One two three four five six seven eight."
    assert turns[-1] == ("agent", "You said stop.", False)
    assert call.journal.ends() == ["client_left"]
    assert call.clients.replies(of_user=True) == [*(f"question {number}" for number in range(1, 11)), "count", "stop"]
    assert call.clients.replies()[-1] == "You said stop."


async def test_turns_are_numbered_and_each_is_told_once() -> None:
    call = await start(cast(echo))
    await call.asks("one")
    await call.asks("two")
    await call.ends()
    turns = [event.turn for event in call.journal.events if event.HasField("turn")]
    assert [turn.turn_index for turn in turns] == [0, 1, 2, 3, 4]
    assert [turn.typed for turn in turns] == [False, True, False, True, False]
    assert call.journal.events[-1].HasField("end")


async def test_a_reply_that_is_interrupted_stands_in_the_history_as_far_as_it_was_heard() -> None:
    long = "This is a long first sentence, and here the second part of it goes on for a while."
    call = await start(cast(lambda seen: long if last_said(seen) == "tell" else "Fine.", greeting="", aloud=True))
    call.clients.type("tell")
    await asyncio.sleep(2.5)
    await call.asks("stop")
    await call.ends()
    assert call.sound is not None
    (first, was_cut), *_ = call.sound.loudspeaker.heard
    assert was_cut
    (heard,) = [text for role, text, interrupted in call.journal.turns() if interrupted]
    assert long.startswith(heard)
    assert 0 < len(heard) < len(long)
    # The voice takes 0.05 s a letter, and only whole words count.
    assert abs(len(heard) * 0.05 - first) < 1.0


async def test_the_model_sees_the_instructions_and_what_was_said() -> None:
    first = cast(echo)
    call = await start(first)
    await call.asks("one")
    await call.asks("two")
    await call.ends()
    seen = first.model.llm.asked[-1]  # type: ignore[attr-defined]  # of the scripted model
    said = [(item.role, (item.text_content or "").strip()) for item in seen.items if isinstance(item, llm.ChatMessage)]
    assert said == [
        ("system", "You help."),
        ("assistant", "Hello!"),
        ("user", "one"),
        ("assistant", "You said one."),
        ("user", "two"),
    ]


async def test_a_history_that_is_too_long_is_shortened_and_the_newest_stays() -> None:
    first = cast(lambda seen: "word " * 300)
    call = await start(first)
    for number in range(12):
        await call.asks(f"question {number}", 60.0)
    await call.ends()
    seen = first.model.llm.asked[-1]  # type: ignore[attr-defined]  # of the scripted model
    texts = [item.text_content or "" for item in seen.items if isinstance(item, llm.ChatMessage)]
    assert texts[0] == "You help."
    assert texts[-1] == "question 11"
    assert sum(map(len, texts)) < 8_000
    assert "question 0" not in texts


async def test_an_answer_that_takes_long_is_bridged_by_a_filler_and_then_spoken() -> None:
    call = await start(cast(lambda _: Answer("Here it is.", wait=6.0), greeting="", aloud=True))
    await call.asks("slow", 12.0)
    await call.ends()
    assert call.sound is not None
    # A line of one second, then the answer of eleven letters.
    assert [cut for _, cut in call.sound.loudspeaker.heard] == [False, False]
    assert call.sound.loudspeaker.heard[0] == (1.0, False)
    assert call.journal.turns() == [("user", "slow", False), ("agent", "Here it is.", False)]


async def test_an_answer_that_never_comes_ends_in_a_spoken_line_and_an_error_in_the_history() -> None:
    call = await start(
        cast(lambda _: Answer("Too late.", wait=100.0), greeting="", aloud=True), Limits(turn_seconds=8.0)
    )
    await call.asks("slow", 30.0)
    assert call.journal.faults() == ["turn_timeout"]
    assert PHRASES["en"][Line.TROUBLE] in call.clients.replies()
    await call.ends()
    assert "Too late." not in [text for _, text, _ in call.journal.turns()]


async def test_a_model_that_fails_ends_the_turn_and_not_the_call() -> None:
    def answer(seen: llm.ChatContext) -> Answer | str:
        refused = APIConnectionError("refused", retryable=False)
        return Answer(fault=refused) if last_said(seen) == "fail" else echo(seen)

    call = await start(cast(answer))
    await call.asks("fail")
    assert call.journal.faults() == ["llm_error"]
    await call.asks("again")
    await call.ends()
    assert call.journal.turns()[-1] == ("agent", "You said again.", False)


async def test_a_caller_who_is_silent_is_told_and_the_call_ends() -> None:
    call = await start(cast(echo, aloud=True), Limits(idle_seconds=20.0))
    await call.asks("one", 10.0)
    await asyncio.wait_for(call.running, 60.0)
    assert call.journal.ends() == ["idle_timeout"]
    assert call.clients.sent[-1] == Error(code="idle_timeout", message=PHRASES["en"][Line.STILL_THERE])


async def test_a_call_that_is_too_long_ends_with_a_word() -> None:
    call = await start(cast(echo), Limits(call_seconds=60.0))
    await call.asks("one", 10.0)
    await asyncio.wait_for(call.running, 120.0)
    assert call.journal.ends() == ["max_call_seconds"]
    assert call.clients.sent[-1] == Error(code="max_call_seconds", message=PHRASES["en"][Line.TIME_IS_UP])


async def test_a_worker_that_stops_tells_the_caller_and_the_history() -> None:
    call = await start(cast(echo))
    await call.asks("one")
    call.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call.running
    assert call.journal.ends() == ["agent_lost"]
    assert isinstance(call.clients.sent[-1], Error)


async def test_nobody_joins_and_nothing_is_written() -> None:
    call = await start(cast(echo, greeting=""))
    await call.ends()
    other = Conversation(cast(echo), call.clients, call.journal, call.live, Limits())
    call.journal.events.clear()

    async def nobody() -> bool:
        return False

    await other.run(nobody)
    assert call.journal.events == []


async def test_another_character_goes_on_in_mid_call_and_knows_what_was_said() -> None:
    first = cast(lambda seen: f"First: {last_said(seen)}.", aloud=True)
    second = cast(
        lambda seen: f"Second: {last_said(seen)}.",
        prompt="You escalate.",
        aloud=True,
        llm_provider="other",
    )
    call = await start(first)
    await call.asks("one")
    await call.conversation.change_cast(second)
    await call.asks("two")
    await call.ends()
    assert [turn for turn in call.journal.turns() if turn[0] == "agent"] == [
        ("agent", "Hello!", False),
        ("agent", "First: one.", False),
        ("agent", "Second: two.", False),
    ]
    seen = second.model.llm.asked[0]  # type: ignore[attr-defined]  # of the scripted model
    said = [(item.role, (item.text_content or "").strip()) for item in seen.items if isinstance(item, llm.ChatMessage)]
    assert said == [
        ("system", "You escalate."),
        ("assistant", "Hello!"),
        ("user", "one"),
        ("assistant", "First: one."),
        ("user", "two"),
    ]


async def test_what_a_new_voice_uses_is_counted_under_its_name() -> None:
    call = await start(cast(echo, greeting="", aloud=True, voice=slow_voice("before")))
    await call.asks("one")
    await call.conversation.change_cast(cast(echo, aloud=True, voice=slow_voice("after")))
    await call.asks("two")
    await call.ends()
    used = [event.usage.tts_provider for event in call.journal.events if event.HasField("usage")]
    assert [provider for provider in used if provider] == ["before", "after"]


async def test_parts_that_are_added_are_told_of_the_moments_in_order() -> None:
    told: list[str] = []

    def register(conversation: Conversation) -> None:
        moments = conversation.moments
        moments.joined.add(lambda _: told.append("joined"))
        moments.turn_began.add(lambda event: told.append(f"turn began: {event.text}"))
        moments.tool_started.add(lambda event: told.append(f"tool started: {event.name}"))
        moments.tool_called.add(lambda event: told.append(_named(event)))
        moments.reply_spoken.add(lambda event: told.append(f"reply spoken: {event.text}"))
        moments.ended.add(lambda event: told.append(f"ended: {pb.EndReason.Name(event.reason)}"))

    async def from_nine(arguments: Arguments) -> str:
        return f"{arguments['day']}: from nine"

    opening_hours = tool("opening_hours", from_nine, day={"type": "string"})

    def answer(seen: llm.ChatContext) -> Answer | str:
        outputs = [item for item in seen.items if isinstance(item, llm.FunctionCallOutput)]
        if not outputs:
            return Answer(calls=[("opening_hours", '{"day": "Saturday"}')])
        return f"{data_in(outputs[-1].output)}."

    call = await start(cast(answer, greeting="", tools=(opening_hours,)), register=register)
    await call.asks("When?")
    await call.ends()
    assert told == [
        "joined",
        "turn began: When?",
        "tool started: opening_hours",
        "tool called: opening_hours",
        "reply spoken: Saturday: from nine.",
        "ended: END_REASON_CLIENT_LEFT",
    ]


def _named(event: ToolCalled) -> str:
    return f"tool called: {event.name}"


async def test_a_part_that_fails_harms_neither_the_others_nor_the_call() -> None:
    told: list[str] = []

    def fail(_: object) -> None:
        raise RuntimeError("a part's own fault")

    def register(conversation: Conversation) -> None:
        conversation.moments.turn_began.add(fail)
        conversation.moments.turn_began.add(lambda event: told.append(event.text))

    call = await start(cast(echo), register=register)
    await call.asks("one")
    await call.ends()
    assert told == ["one"]
    assert call.journal.turns()[-1] == ("agent", "You said one.", False)


async def test_clients_and_watchers_are_told_what_the_agent_does() -> None:
    call = await start(cast(echo, greeting=""))
    await call.asks("one")
    await call.ends()
    states: list[Any] = [message.state for message in call.clients.sent if isinstance(message, State)]
    assert states[:4] == ["listening", "thinking", "speaking", "listening"]
    assert call.live.states[:4] == states[:4]
    assert "You said one." in call.live.partials[-1]
