"""A model that marks only the end of its reasoning: what callers hear of it, and how calls learn it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import llm
from livekit.agents.llm import CompletionUsage

from services.agent.client.messages import Reply
from services.agent.shared_state import SharedState
from services.agent.speech.phrases import PHRASES, Line
from services.agent.thinking.language_model import MAX_REPLY_TOKENS, Model
from services.agent.thinking.late_markers import LateMarkers
from services.agent.thinking.visible_text import VisibleText
from tests.fixtures.serverless import LETTER_SECONDS, Answer, Call, ScriptedModel, cast, start

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

URL, MODEL = "http://127.0.0.1:8004/v1", "thinker"
PIECES = ["Nine ", "o'clock ", "is ", "when ", "they ", "said.", "</think>", "We ", "open ", "at ", "nine."]
ANSWER = "We open at nine."
TROUBLE = PHRASES["en"][Line.TROUBLE]


def model(answer: Callable[[llm.ChatContext], Answer | str], markers: LateMarkers) -> Model:
    return Model(ScriptedModel(answer), ScriptedModel(answer), own=False, late_markers=markers)


def thinker(_: llm.ChatContext) -> Answer:
    return Answer(pieces=PIECES)


def all_told(call: Call) -> str:
    """All texts of the agent that clients, watchers and the history got."""
    told = [message.text for message in call.clients.sent if isinstance(message, Reply) and message.type is None]
    return "\n".join([*told, *call.live.partials, *(text for who, text, _ in call.journal.turns() if who == "agent")])


async def test_nothing_of_the_first_answers_reasoning_is_heard_when_the_model_is_known() -> None:
    first = cast(thinker, greeting="", aloud=True, model=model(thinker, LateMarkers(expected=True)))
    assert first.voice is not None
    spoken: list[int] = []
    first.voice.on("metrics_collected", lambda metrics: spoken.append(metrics.characters_count))
    call = await start(first)
    await call.asks("When?")
    await call.ends()
    assert "said" not in all_told(call)
    assert call.journal.turns() == [("user", "When?", False), ("agent", ANSWER, False)]
    # The voice got the answer alone.
    assert sum(spoken) == len(ANSWER)
    assert call.sound is not None
    assert call.sound.loudspeaker.heard == [(round(len(ANSWER) * LETTER_SECONDS, 1), False)]


async def test_a_call_notes_a_model_for_the_calls_after_it(tmp_path: Path) -> None:
    shared = SharedState(tmp_path)

    def learned() -> LateMarkers:
        return LateMarkers(
            expected=shared.has_late_marker(URL, MODEL), note=lambda late: shared.note_late_marker(URL, MODEL, late)
        )

    for heard_reasoning in (True, False):
        call = await start(cast(thinker, greeting="", model=model(thinker, learned())))
        await call.asks("When?")
        await call.ends()
        assert ("said" in all_told(call)) is heard_reasoning
    assert not shared.has_late_marker(URL, "another")
    assert not shared.has_late_marker("http://127.0.0.1:9/v1", MODEL)


async def test_another_character_of_the_call_begins_with_what_is_known() -> None:
    markers = LateMarkers()
    call = await start(cast(thinker, greeting="", model=model(thinker, markers)))
    await call.asks("When?")
    told_before = len(call.clients.sent)
    await call.conversation.change_cast(cast(thinker, prompt="You escalate.", model=model(thinker, markers)))
    await call.asks("When?")
    await call.ends()
    assert "said" not in "".join(
        message.text for message in call.clients.sent[told_before:] if isinstance(message, Reply)
    )
    assert call.journal.turns()[-1] == ("agent", ANSWER, False)


async def test_a_model_that_no_longer_reasons_is_not_held_back_after_three_answers() -> None:
    notes: list[bool] = []
    markers = LateMarkers(expected=True, note=notes.append)
    words = "One two three four five six seven eight."
    call = await start(cast(thinker, greeting="", model=model(lambda _: words, markers)))
    partials: list[int] = []
    for _ in range(4):
        before = len(call.live.partials)
        await call.asks("count")
        partials.append(len(call.live.partials) - before)
    await call.ends()
    # One text of the caller, and the answer: at once while it is held back, in its eight words afterwards.
    assert partials == [2, 2, 2, 9]
    assert notes == [False]
    assert [text for who, text, _ in call.journal.turns() if who == "agent"] == [words] * 4


async def test_answers_with_the_marker_between_others_keep_the_model_noted() -> None:
    markers = LateMarkers(expected=True)
    for _ in range(3):
        markers.missed()
        markers.missed()
        assert markers.expected
        markers.seen()
    markers.missed()
    assert markers.expected


async def test_an_interrupted_answer_says_nothing_about_the_model() -> None:
    markers = LateMarkers(expected=True)
    slow = Answer(pieces=["Well, "] * 100)
    call = await start(cast(thinker, greeting="", model=model(lambda _: slow, markers)))
    for _ in range(4):
        await call.asks("one", 1.0)
    await call.ends()
    assert markers.expected


class CutModel(ScriptedModel):
    """Reports that its answers have as many tokens as they may have."""

    def chat(self, **asked: Any) -> llm.LLMStream:
        stream = super().chat(**asked)
        run = stream._run

        async def run_and_report() -> None:
            await run()
            usage = CompletionUsage(
                completion_tokens=MAX_REPLY_TOKENS, prompt_tokens=10, total_tokens=MAX_REPLY_TOKENS + 10
            )
            stream._event_ch.send_nowait(llm.ChatChunk(id="scripted", usage=usage))

        stream._run = run_and_report  # type: ignore[method-assign]
        return stream


async def test_reasoning_that_is_cut_off_before_its_end_is_not_heard() -> None:
    def reasons(_: llm.ChatContext) -> str:
        return "Nine o'clock is when they said."

    markers = LateMarkers(expected=True)
    cut = Model(CutModel(reasons), ScriptedModel(reasons), own=False, late_markers=markers)
    call = await start(cast(reasons, greeting="", model=cut))
    for _ in range(4):
        await call.asks("When?", 5.0)
    await call.ends()
    assert "said" not in all_told(call)
    assert [text for who, text, _ in call.journal.turns() if who == "agent"] == [TROUBLE] * 4
    assert markers.expected


async def test_a_note_outlives_the_worker_and_has_an_age(tmp_path: Path) -> None:
    SharedState(tmp_path).note_late_marker(URL, MODEL, True)
    shared = SharedState(tmp_path)
    assert shared.has_late_marker(URL, MODEL)
    assert shared.late_marker_age_seconds(URL, MODEL) < 60
    assert shared.late_marker_age_seconds(URL, "another") == float("inf")
    (note,) = (tmp_path / "late-markers").iterdir()
    os.utime(note, (time.time() - 7200,) * 2)
    assert shared.late_marker_age_seconds(URL, MODEL) > 7000
    note.write_text("damaged")
    assert not shared.has_late_marker(URL, MODEL)
    shared.note_late_marker(URL, MODEL, False)
    assert not shared.has_late_marker(URL, MODEL)


async def test_a_note_that_cannot_be_written_is_no_fault_of_the_call(tmp_path: Path) -> None:
    (tmp_path / "late-markers").write_text("not a folder")
    shared = SharedState(tmp_path)
    markers = LateMarkers(note=lambda late: shared.note_late_marker(URL, MODEL, late))
    call = await start(cast(thinker, greeting="", model=model(thinker, markers)))
    await call.asks("When?")
    await call.ends()
    assert call.journal.faults() == []
    assert call.journal.turns()[-1] == ("agent", ANSWER, False)
    assert not shared.has_late_marker(URL, MODEL)


async def test_an_answer_that_is_cut_off_is_told_unless_it_is_held_back() -> None:
    for late, told in ((False, "We open"), (True, "")):
        answer = VisibleText(late_markers=late)
        assert answer.push("We open") + answer.finish(is_cut=True) == told
