"""Turns that go wrong or cross each other, in virtual time: what is spoken, told and kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import APIConnectionError, llm

from services.agent.call.conversation import Limits
from services.agent.client.messages import Reply
from services.agent.speech.phrases import PHRASES, Line
from services.agent.thinking.language_model import Model
from services.agent.thinking.reading_ahead import ReadingAhead, opening
from services.agent.tools.tool import Arguments, Outcome, Tool
from tests.fixtures.serverless import Answer, Call, ScriptedModel, cast, last_said, start, tool

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

TROUBLE = PHRASES["en"][Line.TROUBLE]
LONG = "This is a long first sentence, and here the second part of it goes on for a while."


def echo(seen: llm.ChatContext) -> str:
    return f"You said {last_said(seen)}."


def user_states(call: Call) -> Callable[[str], None]:
    """Sets whether the caller speaks, as voice activity detection does."""
    return lambda state: call.conversation._session._update_user_state(state)  # type: ignore[arg-type]


@pytest.mark.parametrize("aloud", [False, True])
@pytest.mark.parametrize(
    "pieces", [[], ["", ""], ["  ", "\n"], ["👍", "🎉"], ["**", "**"], ["<think>They ask", " me."]]
)
async def test_an_answer_without_words_ends_in_a_spoken_line(pieces: list[str], aloud: bool) -> None:
    call = await start(cast(lambda _: Answer(pieces=pieces), greeting="", aloud=aloud))
    await call.asks("one", 5.0)
    await call.ends()
    assert call.journal.turns() == [("user", "one", False), ("agent", TROUBLE, False)]
    assert call.clients.replies() == [TROUBLE]
    assert call.journal.faults() == ["empty_answer"]
    if call.sound is not None:
        # The line lasts a second.
        assert call.sound.loudspeaker.heard == [(1.0, False)]


async def test_an_answer_that_is_empty_after_a_tool_call_ends_in_a_spoken_line() -> None:
    async def look(_: Arguments) -> str:
        return "seen"

    def answer(seen: llm.ChatContext) -> Answer:
        done = any(isinstance(item, llm.FunctionCallOutput) for item in seen.items)
        return Answer() if done else Answer("Let me look.", calls=[("look", "{}")])

    call = await start(cast(answer, greeting="", tools=(tool("look", look),)))
    await call.asks("one", 5.0)
    await call.ends()
    assert [text for _, text, _ in call.journal.turns()] == ["one", "Let me look.", TROUBLE]


async def test_a_fixed_line_stands_in_the_history_and_is_not_shown_to_the_model() -> None:
    call = await start(cast(lambda seen: Answer() if last_said(seen) == "one" else echo(seen)))
    await call.asks("one", 5.0)
    await call.asks("two", 5.0)
    await call.ends()
    assert ("agent", TROUBLE, False) in call.journal.turns()
    assert TROUBLE not in [item.text_content for item in call.asked[-1].items if isinstance(item, llm.ChatMessage)]


@pytest.mark.parametrize("aloud", [False, True])
async def test_reasoning_and_written_tool_calls_are_neither_spoken_nor_told_nor_kept(aloud: bool) -> None:
    called: list[str] = []

    async def look(arguments: Arguments) -> str:
        called.append(arguments["day"])
        return f"{arguments['day']}: nine"

    def answer(seen: llm.ChatContext) -> Answer:
        done = any(isinstance(item, llm.FunctionCallOutput) for item in seen.items)
        if done:
            return Answer(pieces=["<thi", "nking>The tool", " says so.</thin", "king>\n", "At nine."])
        return Answer(pieces=["[THI", "NK]A call.[/TH", "INK]", '{"name": "lo', 'ok", "arguments": {"day": "Monday"}}'])

    call = await start(cast(answer, greeting="", tools=(tool("look", look, day={"type": "string"}),), aloud=aloud))
    await call.asks("When?")
    await call.asks("And?")
    await call.ends()
    assert called == ["Monday"]
    assert call.journal.turns()[:2] == [("user", "When?", False), ("agent", "At nine.", False)]
    assert {reply.text for reply in call.clients.sent if isinstance(reply, Reply) and reply.type is None} == {
        "At nine."
    }
    assert "THINK" not in str(call.asked[-1].to_dict())
    if call.sound is not None:
        # The voice takes 0.05 s for a letter.
        assert call.sound.loudspeaker.heard[0] == (0.4, False)


async def test_reasoning_that_is_recognised_late_does_not_stay_in_the_history() -> None:
    pieces = ["Nine, ", "I ", "think.", "</think>", "\n\n", "At nine."]
    call = await start(cast(lambda _: Answer(pieces=pieces), greeting=""))
    await call.asks("one")
    await call.asks("two")
    await call.ends()
    assert [text for who, text, _ in call.journal.turns() if who == "agent"] == ["At nine.", "At nine."]
    assert call.clients.replies() == ["", "At nine.", "At nine."]
    assert "think" not in str(call.asked[-1].to_dict())


class BrokenModel(ScriptedModel):
    """Fails at once."""

    def answer_to(self, seen: llm.ChatContext) -> Answer:
        super().answer_to(seen)
        return Answer(wait=0.1, fault=APIConnectionError("refused", retryable=False))


async def test_reading_ahead_that_fails_does_not_touch_the_conversation() -> None:
    reader = BrokenModel(echo)
    call = await start(cast(echo, model=Model(ScriptedModel(echo), reader, own=True)))
    await call.asks("one")
    await call.ends()
    assert len(reader.asked) == 1
    assert call.journal.faults() == []
    assert call.journal.turns() == [
        ("agent", "Hello!", False),
        ("user", "one", False),
        ("agent", "You said one.", False),
    ]


async def test_the_tools_are_read_ahead_as_they_are_asked_with() -> None:
    """A model reads them before the conversation: with others it would read everything again."""

    async def nothing(_: Arguments) -> Outcome:
        return Outcome("")

    names = ("find_order", "check_stock", "hidden")
    shown = dict(zip(names, (True, True, False), strict=True))
    tools = tuple(
        Tool(name, pb.TOOL_KIND_HTTP, "It helps.", {"type": "object"}, nothing, partial(shown.__getitem__, name))
        for name in names
    )
    answers, reader = ScriptedModel(echo), ScriptedModel(echo)
    call = await start(cast(echo, model=Model(answers, reader, own=True), tools=tools))
    await call.asks("one")
    await call.ends()
    assert reader.shown == answers.shown == [["find_order", "check_stock"]]


async def test_tokens_of_reading_ahead_are_not_those_of_the_answers() -> None:
    answers, reader = ScriptedModel(echo), ScriptedModel(echo)
    used: list[object] = []
    answers.on("metrics_collected", used.append)
    reading = ReadingAhead()

    async def seen() -> llm.ChatContext:
        return opening("You help.", "")

    reading.start(Model(answers, reader, own=True), seen, [])
    await asyncio.sleep(2.0)
    await reading.close()
    assert len(reader.asked) == 1
    assert (answers.asked, used) == ([], [])


async def test_no_filler_is_spoken_while_the_caller_goes_on_speaking() -> None:
    call = await start(cast(lambda _: Answer("Here it is.", wait=30.0), greeting="", aloud=True))
    assert call.sound is not None
    caller = user_states(call)
    call.clients.type("well")
    await asyncio.sleep(2.0)
    caller("speaking")
    await asyncio.sleep(10.0)
    assert call.sound.loudspeaker.heard == []
    caller("listening")
    await asyncio.sleep(6.0)
    # Nothing came of it: the caller waits again, and hears a filler.
    assert call.sound.loudspeaker.heard == [(1.0, False)]
    await call.ends()


async def test_no_filler_is_spoken_over_a_caller_who_types_and_speaks_at_once() -> None:
    call = await start(cast(lambda _: Answer("Here it is.", wait=30.0), greeting="", aloud=True))
    assert call.sound is not None
    caller = user_states(call)
    caller("speaking")
    await call.asks("well", 10.0)
    assert call.sound.loudspeaker.heard == []
    caller("listening")
    await asyncio.sleep(6.0)
    assert call.sound.loudspeaker.heard == [(1.0, False)]
    await call.ends()


async def test_a_turn_does_not_time_out_while_the_caller_speaks_and_ends_in_speech_afterwards() -> None:
    limits = Limits(turn_seconds=8.0)
    call = await start(cast(lambda _: Answer("Late.", wait=100.0), greeting="", aloud=True), limits)
    caller = user_states(call)
    call.clients.type("well")
    await asyncio.sleep(2.0)
    caller("speaking")
    await asyncio.sleep(10.0)
    assert call.journal.faults() == []
    caller("listening")
    await asyncio.sleep(8.0)
    assert call.journal.faults() == ["turn_timeout"]
    assert TROUBLE in call.clients.replies()
    await call.ends()


async def test_clients_are_told_in_the_end_what_stands_in_the_history() -> None:
    def answer(seen: llm.ChatContext) -> Answer | str:
        if last_said(seen) == "unheard":
            return Answer(LONG, wait=3.0)
        return LONG if last_said(seen) == "cut" else echo(seen)

    call = await start(cast(answer, aloud=True))
    await call.asks("cut", 3.0)
    await call.asks("unheard", 1.0)
    await call.asks("one")
    await call.asks("cut", 2.0)
    await call.ends()
    kept = [text for who, text, _ in call.journal.turns() if who == "agent"]
    assert [text for text in call.clients.replies() if text] == kept
    assert [interrupted for who, _, interrupted in call.journal.turns() if who == "agent"] == [False, True, False, True]
    replies = [message for message in call.clients.sent if isinstance(message, Reply) and message.type is None]
    finals = [reply.id for reply in replies if reply.final]
    # Each reply has one final text, and nothing after it.
    assert len(finals) == len(set(finals))
    assert set(finals) == {reply.id for reply in replies}
    for reply_id in finals:
        assert [reply.final for reply in replies if reply.id == reply_id][-1]


@pytest.mark.parametrize(
    "long", ["土曜日は朝九時に開店し、午後五時半に閉店いたします。" * 3, "我们星期六早上九点开门。" * 6]
)
async def test_an_interrupted_reply_without_blanks_stands_in_the_history_as_far_as_it_was_heard(long: str) -> None:
    call = await start(cast(lambda seen: long if last_said(seen) == "tell" else "Fine.", greeting="", aloud=True))
    await call.asks("tell", 2.5)
    await call.asks("stop")
    await call.ends()
    (heard,) = [text for _, text, interrupted in call.journal.turns() if interrupted]
    assert long.startswith(heard)
    # The voice takes 0.05 s for a letter, and begins after 0.3 s.
    assert 35 <= len(heard) <= 45


async def test_a_reply_is_final_only_when_it_was_heard() -> None:
    call = await start(cast(lambda _: LONG, greeting="", aloud=True))
    call.clients.type("tell")
    # All words are written, and few are spoken.
    await asyncio.sleep(2.0)
    replies = [message for message in call.clients.sent if isinstance(message, Reply) and message.type is None]
    assert replies[-1].text.strip() == LONG
    assert not any(reply.final for reply in replies)
    await asyncio.sleep(10.0)
    assert call.clients.replies() == [LONG]
    await call.ends()


async def test_that_nothing_of_a_reply_was_heard_is_sent_only_to_callers_that_saw_parts_of_it() -> None:
    assert Reply(id="reply_1", text="", final=True).wanted_by == "callbox.partials"
    assert Reply(id="reply_1", text="Heard.", final=True).wanted_by == ""
