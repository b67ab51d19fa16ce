"""How the number of calls that a machine carries is searched, judged and kept."""

import os
from pathlib import Path

import pytest

from caller.turn import Turn
from caller.waveform import Segment
from deploy.local.settings import LocalSettings
from deploy.local.size import Size, processor, read_size, write_size
from measure.capacity import Capacity, Step, next_calls
from measure.concurrent_calls import Answered, Observed, under_runs


def _tried(limit: int, first: int, most: int) -> list[int]:
    tried: dict[int, bool] = {}
    while (calls := next_calls(tried, first, most)) is not None:
        assert calls not in tried
        tried[calls] = calls <= limit
    return list(tried)


@pytest.mark.parametrize(
    ("limit", "most", "tried"),
    [
        (5, 16, [2, 4, 8, 6, 5]),
        (1, 16, [2, 1]),
        (0, 16, [2, 1]),
        (16, 16, [2, 4, 8, 16]),
        (99, 6, [2, 4, 6]),
    ],
)
def test_the_search_doubles_then_halves_and_ends(limit: int, most: int, tried: list[int]) -> None:
    assert _tried(limit, 2, most) == tried


def test_a_pause_of_the_voice_is_none_of_an_engine() -> None:
    spoken = Segment(0.0, 1.0)
    before = Segment(-5.0, -4.0)
    answer = [Segment(1.6, 2.0), Segment(2.4, 3.0), Segment(3.5, 4.0)]
    assert under_runs([before, *answer], spoken) == 0
    assert under_runs([before, *answer, Segment(4.7, 5.0), Segment(5.9, 6.0)], spoken) == 2


def _turn(wait_ms: float, first_token_ms: float = 0.0) -> Answered:
    answer = Segment(1.0 + wait_ms / 1000.0, 3.0)
    turn = Turn("", Segment(0.0, 1.0), answer=answer, parts={"first_token": first_token_ms, "end_of_turn": 300.0})
    return Answered(turn, 3.0, 0)


def _step(calls: int, wait_ms: float, cores: float, first_token_ms: float = 0.0) -> Step:
    observed = Observed(calls, 10.0, [_turn(wait_ms, first_token_ms)] * 5)
    return Step(observed, {"llm": cores, "agent": cores / 2}, 0.1)


def test_a_caller_without_an_answer_counts_as_long_as_he_waited() -> None:
    observed = Observed(2, 10.0, [_turn(500.0)], overdue_ms=[9_000.0])
    assert observed.waits_ms() == pytest.approx([500.0, 9_000.0])
    assert Step(observed, {}, 0.0).faults()[0].startswith("p95")


def test_nobody_heard_is_a_fault_and_so_are_lost_calls_and_gaps() -> None:
    assert Step(Observed(1, 10.0), {}, 0.0).faults() == ["nobody got an answer"]
    lost = Observed(1, 10.0, [Answered(_turn(500.0).turn, 3.0, 2)], lost=["It left."])
    assert Step(lost, {}, 0.0).faults() == ["2 gaps inside answers", "1 calls lost: It left."]


def test_the_most_that_went_well_is_carried_and_the_first_that_did_not_tells_the_limit() -> None:
    capacity = Capacity(2, [_step(2, 700.0, 0.4), _step(8, 4_000.0, 1.4), _step(4, 900.0, 0.9), _step(5, 1_800.0, 1.3)])
    assert capacity.carried is not None
    assert capacity.carried.observed.calls == 4
    assert capacity.limit().startswith("The processor: ")
    assert "llm (1.30)" in capacity.limit()


def test_a_part_that_waits_with_idle_cores_is_the_limit() -> None:
    capacity = Capacity(8, [_step(2, 700.0, 0.4, 20.0), _step(4, 1_900.0, 0.5, 1_200.0)])
    assert capacity.limit().startswith("The part called first token: it takes 1200 ms where it took 20")
    assert Capacity(8, [_step(2, 700.0, 0.4)]).limit() == "No limit was found: more calls were not tried."


def _size(**changes: object) -> Size:
    fields = {
        "calls": 5,
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "profile": "cpu",
        "limit": "The processor.",
        "p95_ms": 1200.0,
        "thorough": False,
        "measured_at": "2026-01-01T00:00:00+00:00",
    }
    return Size.model_validate({**fields, **changes})


def test_what_was_measured_is_announced_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    settings = LocalSettings(data_dir=tmp_path)
    assert settings.slots_for("cpu") == 3
    write_size(tmp_path, _size())
    assert read_size(tmp_path) == _size()
    assert settings.slots_for("cpu") == 5
    assert LocalSettings(data_dir=tmp_path, slots=2).slots_for("cpu") == 2


@pytest.mark.parametrize("other", [{"cores": 999}, {"processor": "another"}, {"profile": "h100"}])
def test_the_figure_of_another_machine_says_nothing_here(tmp_path: Path, other: dict[str, object]) -> None:
    write_size(tmp_path, _size(**other))
    assert LocalSettings(data_dir=tmp_path).slots_for("cpu") == 3


def test_a_spoilt_file_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "size.json").write_text('{"calls": 900}')
    assert read_size(tmp_path) is None
    assert LocalSettings(data_dir=tmp_path).slots_for("cpu") == 3
