"""No turn ends in silence, in virtual time: how soon a caller hears something after a fault, and what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import cast as cast_to

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit import rtc
from livekit.agents import AgentStateChangedEvent, APIConnectionError, APIStatusError, APITimeoutError, llm
from prometheus_client import REGISTRY

from services.agent.audio.bridge import BridgeOutput
from services.agent.call.conversation import Limits
from services.agent.moments import ToolCalled, ToolStarted
from services.agent.speech.phrases import PHRASES, Line
from services.agent.tools.tool import Arguments, Outcome, Tool
from services.agent.turns.fillers import Fillers
from services.agent.turns.guard import TurnGuard
from services.agent.turns.wait_phrases import WaitPhrases
from tests.fixtures.serverless import FIRST_TOKEN_SECONDS, Answer, Call, EnglishLines, cast, last_said, start

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

TROUBLE = PHRASES["en"][Line.TROUBLE]
# Between a typed message and the model's answer: the burst of messages, and the wait for the first word.
ASKED_SECONDS = 0.5 + FIRST_TOKEN_SECONDS
# From a fault to the first sound.
BOUND_SECONDS = 2.5


def silent_turns() -> float:
    return REGISTRY.get_sample_value("callbox_silent_turns_total") or 0.0


@pytest.fixture
def no_silent_turn() -> Iterator[None]:
    before = silent_turns()
    yield
    assert silent_turns() == before


@pytest.fixture
def no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TurnGuard, "_wait", lambda *_: None)
    monkeypatch.setattr(TurnGuard, "failed", lambda *_: None)


async def seconds_until_heard(call: Call, text: str, seconds: float = 40.0) -> float:
    """Asks, and returns how long it took until the caller heard something."""
    assert call.sound is not None
    asked_at, before = asyncio.get_running_loop().time(), len(call.sound.loudspeaker.began)
    await call.asks(text, seconds)
    return call.sound.loudspeaker.began[before] - asked_at


def status(code: int) -> APIStatusError:
    return APIStatusError("refused", status_code=code)


FAULTS = {
    "down": Answer(fault=APIConnectionError("refused")),
    "timeout": Answer(fault=APITimeoutError("late")),
    "401": Answer(fault=status(401)),
    "429": Answer(fault=status(429)),
    "500": Answer(fault=status(500)),
    "empty": Answer(),
    "broken at once": Answer(pieces=[""], fault=APIConnectionError("reset"), breaks_off=True),
}


@pytest.mark.usefixtures("no_silent_turn")
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_of_the_model_is_followed_by_the_failure_line(name: str) -> None:
    call = await start(cast(lambda seen: FAULTS[name] if last_said(seen) == "fail" else "Fine.", "", aloud=True))
    assert await seconds_until_heard(call, "fail") < ASKED_SECONDS + BOUND_SECONDS
    await call.asks("again")
    await call.ends()
    assert call.journal.faults() == ["empty_answer" if name == "empty" else "llm_error"]
    assert [text for role, text, _ in call.journal.turns() if role == "agent"] == [TROUBLE, "Fine."]


@pytest.mark.usefixtures("no_silent_turn")
@pytest.mark.parametrize("aloud", [False, True])
async def test_a_model_that_is_down_for_the_rest_of_the_call_is_told_in_every_turn(aloud: bool) -> None:
    call = await start(cast(lambda _: FAULTS["down"], "", aloud=aloud))
    for number in range(3):
        await call.asks(f"question {number}")
    await call.ends()
    assert [text for role, text, _ in call.journal.turns() if role == "agent"] == [TROUBLE] * 3


@pytest.mark.usefixtures("no_silent_turn")
async def test_an_answer_that_breaks_off_after_half_a_sentence_is_followed_by_the_failure_line() -> None:
    half = Answer("The shop opens at nine, and it", fault=APIConnectionError("reset"), breaks_off=True)
    call = await start(cast(lambda _: half, "", aloud=True))
    assert await seconds_until_heard(call, "when?") < ASKED_SECONDS + BOUND_SECONDS
    await call.ends()
    assert call.journal.faults() == ["llm_error"]
    assert call.journal.turns()[-1] == ("agent", TROUBLE, False)


@pytest.mark.usefixtures("no_silent_turn")
@pytest.mark.parametrize("aloud", [False, True])
async def test_the_state_speaking_without_a_sound_does_not_disarm_the_guard(aloud: bool) -> None:
    call = await start(cast(lambda _: Answer("Late.", wait=100.0), "", aloud=aloud), Limits(turn_seconds=8.0))
    call.clients.type("slow")
    await asyncio.sleep(2.0)
    speaking = AgentStateChangedEvent(old_state="thinking", new_state="speaking")
    call.conversation._session.emit("agent_state_changed", speaking)
    await asyncio.sleep(15.0)
    assert call.journal.faults() == ["turn_timeout"]
    assert call.clients.replies() == [TROUBLE]
    await call.ends()


@pytest.mark.usefixtures("no_guard")
@pytest.mark.parametrize("aloud", [False, True])
@pytest.mark.parametrize("answer", [Answer(), FAULTS["500"], Answer("Late.", wait=100.0)])
async def test_without_the_guard_each_silent_turn_is_counted_once(answer: Answer, aloud: bool) -> None:
    before = silent_turns()
    call = await start(
        cast(lambda seen: "Fine." if last_said(seen) == "good" else answer, "", aloud=aloud),
        Limits(turn_seconds=8.0),
    )
    await call.asks("good", 15.0)
    assert silent_turns() == before
    await call.asks("bad", 10.0)
    assert silent_turns() == before
    await asyncio.sleep(5.0)
    assert silent_turns() == before + 1
    await asyncio.sleep(30.0)
    await call.ends()
    assert silent_turns() == before + 1


@pytest.mark.usefixtures("no_guard")
async def test_a_turn_is_not_silent_while_the_caller_speaks_or_after_the_call() -> None:
    before = silent_turns()
    call = await start(cast(lambda _: Answer("Late.", wait=100.0), ""), Limits(turn_seconds=8.0))
    await call.asks("slow", 5.0)
    call.conversation._session._update_user_state("speaking")
    await asyncio.sleep(20.0)
    assert silent_turns() == before
    call.conversation._session._update_user_state("listening")
    await asyncio.sleep(9.0)
    await call.ends()
    await asyncio.sleep(20.0)
    assert silent_turns() == before


@pytest.mark.usefixtures("no_guard")
async def test_a_filler_does_not_count_as_an_answer() -> None:
    before = silent_turns()
    call = await start(cast(lambda _: Answer("Late.", wait=100.0), "", aloud=True), Limits(turn_seconds=8.0))
    call.clients.type("slow")
    await asyncio.sleep(4.0)
    call.conversation._guard._fillers._fill()
    await asyncio.sleep(8.0)
    assert call.sound is not None
    assert call.sound.loudspeaker.heard == [(1.0, False)]
    assert silent_turns() == before + 1
    await call.ends()


class KeptBridge:
    """Keeps when a filler began, in seconds since the caller stopped speaking, half a second before the start."""

    def __init__(self) -> None:
        self._stopped = asyncio.get_running_loop().time() - 0.5
        self.began: list[float] = []

    async def bridge(self, frames: AsyncIterator[rtc.AudioFrame]) -> bool:
        self.began.append(round(asyncio.get_running_loop().time() - self._stopped, 2))
        return True


@pytest.mark.parametrize(
    ("starts", "ends", "began"),
    [
        (0.1, None, 1.2),  # counted from the end of speech
        (1.5, None, 2.3),  # the tool comes late: it gets 0.3 s
        (1.5, 0.1, 3.3),  # it has ended: its answer gets 1.2 s
        (9.0, None, 4.5),  # no tool so far: 4 s after the end of the turn
    ],
)
async def test_the_first_filler_counts_from_the_end_of_speech(starts: float, ends: float | None, began: float) -> None:
    bridge = KeptBridge()
    fillers = Fillers(EnglishLines, lambda: WaitPhrases({}, None, lambda *_: None))
    fillers.bridge_with(cast_to(BridgeOutput, bridge))
    fillers.wait(asyncio.get_running_loop().time() - 0.5)
    await asyncio.sleep(starts)
    fillers.tool_started(ToolStarted("call_1", "look", pb.TOOL_KIND_HTTP))
    if ends is not None:
        await asyncio.sleep(ends)
        fillers.tool_called(ToolCalled("call_1", "look", pb.TOOL_KIND_HTTP, {}, "found", "", 0.0, ends))
    await asyncio.sleep(5.0)
    await fillers.close()
    assert bridge.began[0] == began


def slow_tool(seconds: float, kind: pb.ToolKind.ValueType = pb.TOOL_KIND_HTTP) -> Tool:
    async def act(_: Arguments) -> Outcome:
        await asyncio.sleep(seconds)
        return Outcome("found")

    return Tool("look", kind, "Looks.", {"type": "object"}, act)


@pytest.mark.usefixtures("no_silent_turn")
@pytest.mark.parametrize(("seconds", "fillers"), [(0.3, 0), (0.7, 0), (3.0, 1), (12.0, 3)])
@pytest.mark.parametrize("first", ["", "Let me look."])
async def test_a_slow_tool_is_bridged_early_and_again_in_other_words(seconds: float, fillers: int, first: str) -> None:
    def answer(seen: llm.ChatContext) -> Answer:
        done = any(isinstance(item, llm.FunctionCallOutput) for item in seen.items)
        return Answer("Here it is.") if done else Answer(first, calls=[("look", "{}")])

    call = await start(cast(answer, "", aloud=True, tools=(slow_tool(seconds),)))
    assert call.sound is not None
    before = dict(lines_spoken())
    heard_after = await seconds_until_heard(call, "find it", 25.0)
    await call.ends()
    # A filler lasts a second. The announcement and the answer have other lengths.
    assert [length for length, _ in call.sound.loudspeaker.heard].count(1.0) == fillers
    spoken = {line: count - before[line] for line, count in lines_spoken() if count > before[line]}
    words = [Line.FILLER, Line.STILL_BUSY, Line.ONE_MORE_SECOND][:fillers]
    assert spoken == dict.fromkeys(words, 1)
    assert call.journal.turns()[-1] == ("agent", "Here it is.", False)
    assert not call.journal.faults()
    # The answer needs the first word twice.
    assert heard_after < ASKED_SECONDS + max(1.2, FIRST_TOKEN_SECONDS + seconds * (not fillers)) + 0.2


@pytest.mark.usefixtures("no_silent_turn")
async def test_the_first_filler_suits_the_tool() -> None:
    def answer(seen: llm.ChatContext) -> Answer:
        done = any(isinstance(item, llm.FunctionCallOutput) for item in seen.items)
        return Answer("Here it is.") if done else Answer(calls=[("look", "{}")])

    before = dict(lines_spoken())
    call = await start(cast(answer, "", aloud=True, tools=(slow_tool(3.0, pb.TOOL_KIND_KB),)))
    await call.asks("find it", 15.0)
    await call.ends()
    assert [line for line, count in lines_spoken() if count > before[line]] == [Line.LOOKING_UP]


@pytest.mark.usefixtures("no_silent_turn")
async def test_a_caller_who_speaks_while_a_tool_runs_is_answered_at_once() -> None:
    def answer(seen: llm.ChatContext) -> Answer:
        done = any(isinstance(item, llm.FunctionCallOutput) and "found" in item.output for item in seen.items)
        if done:
            return Answer("Here it is.")
        if last_said(seen).endswith("still there?"):
            return Answer("Yes, I am.", wait=2.0)
        return Answer(calls=[("look", "{}")])

    before = dict(lines_spoken())
    call = await start(cast(answer, "", aloud=True, tools=(slow_tool(12.0),)))
    await call.asks("find it", 4.0)
    heard_after = await seconds_until_heard(call, "are you still there?", 20.0)
    await call.ends()
    assert heard_after < ASKED_SECONDS + 1.3
    assert dict(lines_spoken())[Line.ONE_MORE_SECOND] == before[Line.ONE_MORE_SECOND] + 1
    assert [text for role, text, _ in call.journal.turns() if role == "agent"] == ["Yes, I am.", "Here it is."]


def lines_spoken() -> list[tuple[Line, float]]:
    """How often each fixed line was spoken."""
    count = REGISTRY.get_sample_value
    return [(line, count("callbox_spoken_lines_total", {"line": line}) or 0.0) for line in Line]
