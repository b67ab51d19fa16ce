"""Rows of the store as protobuf messages."""

from datetime import datetime

import asyncpg
from callbox.accounts.v1 import accounts_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp


def user(row: asyncpg.Record) -> pb.User:
    """A user, without what nobody may read."""
    return pb.User(
        id=row["id"],
        email=row["email"],
        tenant_id=row["tenant_id"],
        is_staff=row["is_staff"],
        create_time=_timestamp(row["created_at"]),
    )


def api_key(row: asyncpg.Record) -> pb.ApiKey:
    """An API key, without its value."""
    return pb.ApiKey(
        id=row["id"],
        name=row["name"],
        key_preview=row["preview"],
        is_active=row["is_active"],
        last_use_time=_timestamp(row["last_used_at"]),
        create_time=_timestamp(row["created_at"]),
    )


def _timestamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
