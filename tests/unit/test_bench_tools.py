"""The pure parts of the bench of tools."""

import numpy as np
import pytest

from bench.conversation import Asked
from bench.equipped import EQUIPPED, LADEN, PLAIN, Compared, Pair
from bench.questions import Question
from bench.tool_turns import ANSWER, DAYS, ToolTurn, answer_start, question, script
from bench.tools import Result
from caller.messages import Waterfall
from caller.speech import Line
from caller.turn import Turn
from caller.waveform import Segment
from tests.fixtures.llm_script import read_script

FILLER, ANSWERED = Segment(11.2, 12.0), Segment(13.1, 15.0)


def turn(*, sent: float = 13.0, reply: str = ANSWER) -> Turn:
    return Turn("", Segment(8.0, 10.0), replies=(reply,), answer=FILLER, waterfall=Waterfall("", 10.0, sent))


def test_the_answer_is_told_from_the_filler_before_it() -> None:
    assert answer_start(turn(), [FILLER, ANSWERED]) == 13.1


def test_an_answer_that_follows_a_filler_without_a_pause_begins_when_it_is_sent() -> None:
    assert answer_start(turn(sent=12.5), [Segment(11.2, 15.0)]) == 12.5


def test_a_filler_alone_is_no_answer() -> None:
    assert answer_start(turn(), [FILLER]) is None
    assert answer_start(turn(reply="I did not understand that."), [FILLER, ANSWERED]) is None


@pytest.mark.parametrize(("day", "delay"), DAYS.items())
def test_the_script_calls_the_tool_for_each_day(day: str, delay: float) -> None:
    (call,) = read_script(script()).answer(question(day)).call
    assert call.arguments == {"delay": delay}
    assert read_script(script()).answer(question(day), '{"opens":"nine"}').say == ANSWER


def test_waits_are_told_by_the_time_of_the_tool_and_turns_without_an_answer_are_faults() -> None:
    turns = [
        ToolTurn("Saturday", 0.0, "", 800.0, 800.0),
        ToolTurn("Monday", 1.0, "", 1_500.0, 2_100.0),
        ToolTurn("Monday", 1.0, "", 1_600.0, None),
    ]
    result = Result({}, turns)
    waits = result.waits()
    assert list(waits) == ["0 s: first sound", "0 s: answer", "1 s: first sound", "1 s: answer"]
    assert (waits["1 s: first sound"].count, waits["1 s: answer"].p50) == (2, 2_100.0)
    assert len(result.faults()) == 1


def asked(ms: float, reply: str = ANSWER) -> Asked:
    answer = Segment(10.0 + ms / 1_000.0, 15.0)
    turn = Turn("", Segment(8.0, 10.0), heard=("Hello",), replies=(reply,), answer=answer, parts={"uplink": 100.0})
    return Asked(Question("Hello", Line("Hello", np.zeros(1, np.int16))), turn)


def test_an_equipped_character_is_compared_with_a_plain_one_question_by_question() -> None:
    alike, unlike = Pair(asked(500.0), asked(550.0)), Pair(asked(500.0), asked(1_500.0, "A longer answer."))
    compared = Compared([alike, unlike], {PLAIN: [900.0], LADEN: [960.0]})
    ratios = compared.ratios()
    assert (ratios["the same answer"].count, ratios["any answer"].count) == (1, 2)
    assert ratios["the same answer"].p50 == pytest.approx(1.1)
    assert ratios["any answer"].worst == pytest.approx(3.0)
    rows = compared.latency()
    assert rows[f"{EQUIPPED}: voice to voice"].p50 == pytest.approx(550.0)
    assert rows[f"{PLAIN}: uplink"].p50 == 100.0
    assert compared.later_ms() == pytest.approx(60.0)
    assert (Compared().ratios(), Compared().latency(), Compared().later_ms()) == ({}, {}, None)
