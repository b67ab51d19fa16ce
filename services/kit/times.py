"""Moments and lengths of time as datetimes, protobuf messages and ISO 8601 text."""

import time
from datetime import UTC, datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, with `Z`. moment: has a time zone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_or_none(moment: datetime | None) -> str | None:
    """As `iso`; None for None."""
    return None if moment is None else iso(moment)


def timestamp(moment: datetime) -> Timestamp:
    """The protobuf message of a datetime."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def timestamp_or_none(moment: datetime | None) -> Timestamp | None:
    """As `timestamp`; None for None."""
    return None if moment is None else timestamp(moment)


def timestamp_now() -> Timestamp:
    """The current time, with nanoseconds."""
    message = Timestamp()
    message.FromNanoseconds(time.time_ns())
    return message


def moment(message: Timestamp) -> datetime:
    """The datetime of a protobuf message, in UTC."""
    return message.ToDatetime(UTC)


def moment_or_none(message: Timestamp) -> datetime | None:
    """As `moment`; None where the message is unset."""
    return moment(message) if message.seconds or message.nanos else None


def duration(seconds: float) -> Duration:
    """The protobuf message of a duration."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message
