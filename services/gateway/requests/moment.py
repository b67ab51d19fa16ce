"""Times that clients send: ISO 8601, without an offset UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_BARE_PLUS = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)\Z")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def _iso_only(value: object) -> object:
    # pydantic also takes seconds since 1970, which the API does not document.
    if not isinstance(value, str):
        return value
    if not _ISO.match(value):
        raise ValueError("must be a time in ISO 8601, like 2026-03-01T12:00:00Z")
    # In a URL, a + that is not percent-encoded arrives as a space.
    return _BARE_PLUS.sub(r"\1+\2", value)


def _last_of_day(value: object) -> object:
    return f"{value}T23:59:59.999999" if isinstance(value, str) and _ISO.fullmatch(value) else value


Moment = Annotated[datetime, BeforeValidator(_iso_only), AfterValidator(_in_utc)]
# The end of a period: a date without a time means its last microsecond, in UTC.
LastMoment = Annotated[datetime, BeforeValidator(_iso_only), BeforeValidator(_last_of_day), AfterValidator(_in_utc)]
