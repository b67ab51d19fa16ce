"""The events of a streamed answer, and the seam between two parts of one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.agent.thinking.answer_events import AnswerEvents, BrokenOff, lines, text_event, with_text
from services.agent.thinking.seam import Seam


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.asyncio
async def test_lines_are_whole_however_the_stream_is_cut() -> None:
    stream = b'data: {"a": "\xc3\xa9"}\r\n\r\n: a comment\n\ndata: [DONE]\n\nend'
    for size in range(1, len(stream) + 1):
        cut = [stream[start : start + size] for start in range(0, len(stream), size)]
        found = [line async for line in lines(pieces(*cut))]
        assert found == stream.splitlines(keepends=True)


@pytest.mark.asyncio
async def test_a_line_without_an_end_is_given_up() -> None:
    with pytest.raises(BrokenOff):
        [line async for line in lines(pieces(*[b"a" * 100_000] * 11))]


def data(event: object) -> bytes:
    return b"data:" + json.dumps(event).encode()


NONSENSE: list[Any] = [
    {}, {"choices": None}, {"choices": 5}, {"choices": [5, None, []]}, {"choices": [{}]}, {"choices": [{"delta": 5}]},
    {"choices": [{"delta": None, "finish_reason": None}]}, {"choices": [{"delta": {"content": 5}}]},
    {"choices": [{"delta": {"content": [5, {"text": 5}, {}]}}]}, {"choices": [{"delta": {"content": None}}]},
]  # fmt: skip


@pytest.mark.parametrize("event", NONSENSE)
def test_an_event_that_says_nothing_is_passed_over(event: Any) -> None:
    events = AnswerEvents()
    events.take(data(event))
    assert (events.text, events.has_calls, events.ended) == ("", False, False)
    assert json.loads(with_text(data(event), str.upper).removeprefix(b"data:")) == event


@pytest.mark.parametrize("content", ["Hi", [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]])
def test_a_text_is_read_and_changed(content: Any) -> None:
    events = AnswerEvents()
    line = data({"id": "1", "choices": [{"index": 0, "delta": {"content": content}}]})
    events.take(line)
    changed = AnswerEvents()
    changed.take(with_text(line, str.upper))
    assert (events.text, changed.text) == ("Hi", "HI")


@pytest.mark.parametrize("line", [b"", b"\n", b": ping\n", b"event: message\n", b"data: [DONE]\n"])
def test_a_line_that_is_no_event_stays_as_it_is(line: bytes) -> None:
    AnswerEvents().take(line)
    assert with_text(line, str.upper) == line


@pytest.mark.parametrize("line", [b"data:\n", b"data: 5\n", b"data: []\n", b"data: {\n", b"data: " + b"[" * 100_000])
def test_an_event_that_is_no_object_is_a_fault(line: bytes) -> None:
    with pytest.raises(BrokenOff) as broken:
        AnswerEvents().take(line)
    assert broken.value.faulty


def test_a_stream_without_an_answer_is_a_fault_and_one_without_a_reason_is_whole() -> None:
    events = AnswerEvents()
    with pytest.raises(BrokenOff):
        events.end()
    events.take(text_event("Hi").strip())
    events.end()


@pytest.mark.parametrize(
    ("told", "then", "whole"),
    [
        ("We open at ", "nine.", "We open at nine."),
        ("We open at", "nine.", "We open at nine."),
        ("We open at", " nine.", "We open at nine."),
        ("We open at ", " nine.", "We open at nine."),
        ("We open", ", as always.", "We open, as always."),
        ("We open at ", "We open at nine.", "We open at nine."),
        ("We open at", "We open at nine.", "We open at nine."),
        ("Hello. We open at ", "We open at nine.", "Hello. We open at nine."),
        ("We open at ", "at nine.", "We open at nine."),
        ("We open at ", "atlases.", "We open at atlases."),
        ("We open at nine.", "We open at nine.", "We open at nine."),
        ("We open at nine.", "", "We open at nine."),
        ("我们九点", "开门。", "我们九点开门。"),
        ("我们九点", "我们九点开门。", "我们九点开门。"),
        ("您好。我们九点", "我们九点开门。", "您好。我们九点开门。"),
        ("九時に", "開きます。", "九時に開きます。"),
    ],
)
def test_the_seam_shows_neither_a_gap_nor_a_repetition(told: str, then: str, whole: str) -> None:
    for size in (1, 3, 100):
        seam = Seam(told)
        new = [seam.push(then[start : start + size]) for start in range(0, len(then), size)]
        assert told + "".join(new) + seam.finish() == whole
