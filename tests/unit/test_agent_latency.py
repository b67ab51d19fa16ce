"""The parts of a turn's latency."""

import pytest

from services.agent.history.latency import PARTS, Waterfall


def waterfall(**moments: float) -> Waterfall:
    """A turn whose speech ended at 100 s."""
    made = Waterfall(100.0)
    for part, moment in moments.items():
        made.reached(part, moment)
    return made


def test_parts_add_up_and_work_done_ahead_counts_nothing() -> None:
    parts = waterfall(
        end_of_turn=100.3, final_transcript=100.25, first_token=100.2, first_audio=100.4, playout=100.45
    ).parts()
    assert parts == pytest.approx(
        {"end_of_turn": 0.3, "final_transcript": 0, "first_token": 0, "first_audio": 0.1, "playout": 0.05}
    )
    assert sum(parts.values()) == pytest.approx(0.45)


def test_only_the_first_time_counts() -> None:
    turn = waterfall(end_of_turn=100.2)
    turn.reached("end_of_turn", 100.9)
    assert turn.parts()["end_of_turn"] == pytest.approx(0.2)


def test_the_message_holds_every_part() -> None:
    message = waterfall(end_of_turn=100.3, playout=101.0).message()
    assert message.end_of_turn.ToNanoseconds() == pytest.approx(3e8, abs=1e4)
    assert message.playout.ToNanoseconds() == pytest.approx(7e8, abs=1e4)
    assert {field.name for field in message.DESCRIPTOR.fields} == set(PARTS)
