"""Calls whose every word is known, and what must be true of them afterwards."""

from typing import Any

from caller.session import Grant
from caller.speech import Line, from_text
from caller.turn import Turn

SATURDAY = from_text("What time do you open on Saturday?")
SUNDAY = from_text("And what about Sunday?")
MONDAY = from_text("When do you open on Monday?")
ANSWERS = {
    SATURDAY.said: "On Saturday we open at nine in the morning.",
    SUNDAY.said: "On Sunday we are closed all day.",
    MONDAY.said: "On Monday we open at eight in the morning.",
}


def assert_answered(line: Line, turn: Turn) -> None:
    """The turn was answered with what the script says."""
    assert turn.replies == (ANSWERS[line.said],), f"{line.said!r} was heard as {turn.heard}, answered {turn.replies}"


def assert_complete(history: dict[str, Any], grant: Grant, turns: list[Turn]) -> None:
    """Every turn of the call stands in the history once, in order, as the caller got it."""
    expected = [("assistant", grant.greeting)]
    for turn in turns:
        expected += [("user", text) for text in turn.heard] + [("assistant", text) for text in turn.replies]
    transcript = history["transcript"]
    assert [(each["role"], each["text"]) for each in transcript] == expected
    assert [each["turn_index"] for each in transcript] == list(range(len(expected)))
    moments = [each["ts"] for each in transcript]
    assert moments == sorted(moments)
