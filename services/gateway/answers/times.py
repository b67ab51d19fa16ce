"""Protobuf times as UTC datetimes and back."""

import re
from datetime import UTC, datetime
from typing import Annotated

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import AfterValidator, BeforeValidator

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_BARE_PLUS = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)\Z")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def _written(value: object) -> object:
    # pydantic also takes seconds since 1970, which nobody documents.
    if not isinstance(value, str):
        return value
    if not _ISO.match(value):
        raise ValueError("is no moment in ISO 8601, like 2026-03-01T12:00:00Z")
    # In an address a + that is not percent-encoded stands for a blank.
    return _BARE_PLUS.sub(r"\1+\2", value)


# A moment from outside; one without an offset is UTC.
Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_utc)]


def moment(time: Timestamp) -> datetime:
    """The time as a UTC datetime."""
    return time.ToDatetime(UTC)


def moment_or_none(time: Timestamp) -> datetime | None:
    """The time as a UTC datetime; None when it is unset."""
    return moment(time) if time.seconds or time.nanos else None


def timestamp(value: datetime) -> Timestamp:
    """The Timestamp of a datetime."""
    time = Timestamp()
    time.FromDatetime(value)
    return time


def iso(time: Timestamp) -> str:
    """The time in ISO 8601, UTC, with `Z`."""
    return moment(time).isoformat().replace("+00:00", "Z")
