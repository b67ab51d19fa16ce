"""Moments as clients write them."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from services.gateway.requests.moment import LastMoment, Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
LAST_MOMENT: TypeAdapter[datetime] = TypeAdapter(LastMoment)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00",
        "2026-03-01T14:00:00+02:00",
        # A + in an address that was not percent-encoded.
        "2026-03-01T14:00:00 02:00",
        "2026-03-01T14:00:00.000 0200",
        "2026-03-01T10:00:00-02:00",
    ],
)
def test_a_moment_is_one_in_utc(written: str) -> None:
    assert MOMENT.validate_python(written) == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_date_is_its_first_moment_as_a_start_and_its_last_as_an_end() -> None:
    assert MOMENT.validate_python("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert LAST_MOMENT.validate_python("2026-03-01") == datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    assert LAST_MOMENT.validate_python("2026-03-01T14:00:00 02:00") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    for written in ("1772366400", "2026-02-30", "2026-03-01 x"):
        with pytest.raises(ValidationError):
            LAST_MOMENT.validate_python(written)


@pytest.mark.parametrize(
    "written", ["1772366400", "yesterday", "2026-02-30", "2026-03-01T14:00:00 2", "2026-03-01 02:00 x"]
)
def test_what_is_no_moment_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(written)
