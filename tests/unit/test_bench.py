"""The pure parts of the bench."""

import asyncio
import itertools
import os
import random

import pytest

from bench import past
from bench.conversation import Asked
from bench.load import Answer, Client, Request, drive
from bench.questions import Question
from bench.report import Report
from bench.words import word_error_rate
from caller.speech import from_text
from caller.turn import Turn
from caller.waveform import Segment
from measure.percentiles import Percentiles
from measure.processes import Meter, usage
from tests.fixtures.tcp import tcp_server


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
    figures = Percentiles.of([float(each) for each in range(1, 101)])
    assert (figures.count, figures.p50, figures.worst) == (100, 50.5, 100.0)
    assert figures.p95 == pytest.approx(95.05)
    with pytest.raises(ValueError, match="nothing"):
        Percentiles.of([])


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


async def test_a_load_counts_right_and_wrong_answers() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
            asked = await reader.readexactly(length)
            if asked == b"hang up":
                break
            status = b"404 Not Found" if b"/missing" in head else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: %d\r\n\r\n" % len(asked) + asked)

    wanted = itertools.cycle(
        [
            Request.of("POST", "/there", 200, b"abc", x_api_key="sk"),
            Request.of("GET", "/missing", 404),
            Request.of("GET", "/missing", 200),
            Request.of("POST", "/there", 200, b"hang up"),
        ]
    )
    async with tcp_server(answer) as port:
        load = await drive("127.0.0.1", port, lambda: next(wanted), clients=2, seconds=0.3)
        assert set(load.wrong) == {404, 0}
        assert load.latencies_ms
        assert abs(len(load.latencies_ms) - 2 * load.wrong[404]) <= 4
        assert load.per_second > 10
        client = await Client.connect("127.0.0.1", port)
        assert await client.ask(Request.of("POST", "/there", 200, b"abc")) == Answer(200, b"abc")
        client.close()


def test_a_past_has_exactly_the_turns_asked_for() -> None:
    lengths = past._lengths(random.Random(1), 1_000, 20_000)
    assert (len(lengths), sum(lengths)) == (1_000, 20_000)
    assert min(lengths) >= 0
    assert max(lengths) > 60
