"""The pure parts of the bench of tools."""

import pytest

from bench.equipped import EQUIPPED, LADEN, PLAIN, Compared
from bench.tool_turns import ANSWER, DAYS, ToolTurn, answer_start, question, script
from bench.tools import Result
from caller.messages import Waterfall
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


def test_an_equipped_character_is_compared_with_a_plain_one() -> None:
    compared = Compared({PLAIN: [500.0, 500.0], EQUIPPED: [550.0, 550.0]}, {PLAIN: [900.0], LADEN: [960.0]})
    assert compared.turn_ratios() == pytest.approx({"p50": 1.1, "p95": 1.1})
    assert compared.later_ms() == pytest.approx(60.0)
    assert (Compared().turn_ratios(), Compared().later_ms()) == ({}, None)
