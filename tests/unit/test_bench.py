"""The pure parts of the bench."""

import os

import pytest

from bench.conversation import Asked
from bench.figures import Figures
from bench.processes import Meter, usage
from bench.questions import Question
from bench.report import Report
from bench.words import word_error_rate
from cli.speech import from_text
from cli.turn import Turn
from cli.waveform import Segment


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("What time do you open on Saturday?", "what time do you open on saturday", 0.0),
        ("That's a well-known lamp.", "That is a well known lamp", 0.0),
        ("One two three four.", "One two free four.", 0.25),
        ("Hello.", "", 1.0),
    ],
)
def test_case_and_punctuation_are_no_word_errors(said: str, heard: str, rate: float) -> None:
    assert word_error_rate(said, heard) == pytest.approx(rate)


def test_percentiles() -> None:
    figures = Figures.of([float(each) for each in range(1, 101)])
    assert (figures.count, figures.p50, figures.worst) == (100, 50.5, 100.0)
    assert figures.p95 == pytest.approx(95.05)
    with pytest.raises(ValueError, match="nothing"):
        Figures.of([])


def test_a_turn_is_faulty_when_it_is_split_misheard_or_does_not_add_up() -> None:
    line = from_text("Can I return it?")
    question = Question("Can I return it?", line)
    spoken, answer = Segment(0.0, 1.0), Segment(1.5, 2.0)
    parts = {"uplink": 50.0, "end_of_turn": 450.0}
    good = Turn("", spoken, heard=("Can I return it?",), replies=("Yes.",), answer=answer, parts=parts)
    assert Asked(question, good).faults() == []
    split = Turn("", spoken, heard=("Can I", "return it?"), replies=("Yes.",), answer=answer, parts=parts)
    assert [each.split()[0] for each in Asked(question, split).faults()] == ["split"]
    bad = Turn("", spoken, heard=("Candy",), answer=answer, parts={"uplink": 50.0})
    assert len(Asked(question, bad).faults()) == 3


def test_the_use_of_a_process_is_read_from_the_system() -> None:
    mine = usage({"me": os.getpid()})["me"]
    assert mine.processes >= 1
    assert 0 < mine.pss_bytes <= mine.rss_bytes
    meter = Meter({"me": os.getpid(), "gone": 2**22 + 1})
    assert sum(each * each for each in range(300_000)) > 0
    cores = meter.cores()
    assert cores["me"] > 0
    assert "gone" not in cores


def test_a_part_that_did_not_live_through_the_call_is_a_fault() -> None:
    parts = usage({"mine": os.getpid(), "triton": os.getpid()})
    report = Report({}, memory=parts, idle_cores={"mine": 0.1, "triton": 0.1}, call_cores={"mine": 0.1})
    assert report.faults() == ["triton ended during the call"]
