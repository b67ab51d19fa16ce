"""Where the totals of a span of time are found."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.sessions.history.filter import Filter, Piece, pieces
from services.sessions.history.totals import statement


def at(month: int, day: int, hour: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "before", "expected"),
    [
        (None, None, [("month", None, None)]),
        (at(1, 1), None, [("month", at(1, 1), None)]),
        (at(1, 2), None, [("day", at(1, 2), at(2, 1)), ("month", at(2, 1), None)]),
        (
            at(1, 1, 5),
            None,
            [("row", at(1, 1, 5), at(1, 2)), ("day", at(1, 2), at(2, 1)), ("month", at(2, 1), None)],
        ),
        (None, at(3, 1), [("month", None, at(3, 1))]),
        (
            None,
            at(3, 3, 7),
            [("month", None, at(3, 1)), ("day", at(3, 1), at(3, 3)), ("row", at(3, 3), at(3, 3, 7))],
        ),
        (at(3, 3, 7), at(3, 3, 9), [("row", at(3, 3, 7), at(3, 3, 9))]),
        (at(3, 3, 7), at(3, 4, 9), [("row", at(3, 3, 7), at(3, 4, 9))]),
        (
            at(3, 3, 7),
            at(4, 5, 9),
            [("row", at(3, 3, 7), at(3, 4)), ("day", at(3, 4), at(4, 5)), ("row", at(4, 5), at(4, 5, 9))],
        ),
        (
            at(1, 30),
            at(3, 2),
            [("day", at(1, 30), at(2, 1)), ("month", at(2, 1), at(3, 1)), ("day", at(3, 1), at(3, 2))],
        ),
        (at(12, 31, 23, 2025), at(1, 1), [("row", at(12, 31, 23, 2025), at(1, 1))]),
        (at(3, 3), at(3, 3), []),
        (at(3, 4), at(3, 3), []),
    ],
)
def test_a_span_is_cut_at_days_and_months(
    start: datetime | None, before: datetime | None, expected: list[tuple[str, datetime | None, datetime | None]]
) -> None:
    assert pieces(start, before) == [Piece(*each) for each in expected]  # type: ignore[arg-type]


def test_the_pieces_of_any_span_lie_end_to_end() -> None:
    for hours in range(0, 24 * 70, 7):
        start = at(1, 20) + timedelta(hours=hours % 97)
        before = start + timedelta(hours=hours)
        found = pieces(start, before)
        if hours == 0:
            assert found == []
            continue
        assert (found[0].start, found[-1].before) == (start, before)
        assert all(one.before == two.start for one, two in pairwise(found))


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_time_are_taken(moment: datetime) -> None:
    for wanted in (Filter(start=moment), Filter(end=moment), Filter(start=moment, end=moment)):
        text, arguments = statement(wanted)
        assert all(f"${number}" in text for number in range(1, len(arguments) + 1))


def test_open_sessions_are_counted_only_where_they_can_be_meant() -> None:
    unended = "status <> 'ended'"
    assert unended in statement(Filter())[0]
    for wanted in (Filter(status="ended"), Filter(end_reason="error")):
        assert unended not in statement(wanted)[0]
    for status in ("created", "active"):
        assert "from totals" not in statement(Filter(status=status))[0]
