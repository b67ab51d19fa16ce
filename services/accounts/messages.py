"""Rows of the store as protobuf messages."""

import asyncpg
from callbox.accounts.v1 import accounts_pb2 as pb

from services.kit.times import timestamp, timestamp_or_none


def user(row: asyncpg.Record) -> pb.User:
    """A user, without secret columns."""
    return pb.User(
        id=row["id"],
        email=row["email"],
        tenant_id=row["tenant_id"],
        is_staff=row["is_staff"],
        create_time=timestamp(row["created_at"]),
    )


def api_key(row: asyncpg.Record) -> pb.ApiKey:
    """An API key, without its value."""
    return pb.ApiKey(
        id=row["id"],
        name=row["name"],
        key_preview=row["preview"],
        is_active=row["is_active"],
        last_use_time=timestamp_or_none(row["last_used_at"]),
        create_time=timestamp(row["created_at"]),
    )
