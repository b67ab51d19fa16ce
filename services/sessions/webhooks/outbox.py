"""The outbox: a message is stored in the same transaction as the change that it reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id
from services.kit.times import iso, iso_or_none
from services.sessions.webhooks.retries import GIVE_UP_AFTER

if TYPE_CHECKING:
    from services.sessions.adapters.database import Connection

MESSAGE_PREFIX = "msg"
# The lock on the endpoints keeps them from being deleted meanwhile, which would make this transaction fail.
ENQUEUE = """
    with wanting as (
        select id from webhook_endpoints
        where tenant_id = $1 and is_active and (events = '{}' or $2 = any(events))
        for key share
    ), message as (
        insert into webhook_messages (id, tenant_id, type, body)
        select $3, $1, $2, $4 where exists (select from wanting)
        returning id
    )
    insert into webhook_deliveries (id, tenant_id, endpoint_id, message_id, give_up_at)
    select 'dlv_' || replace(gen_random_uuid()::text, '-', ''), $1, wanting.id, message.id, now() + $5
    from wanting, message
"""


async def enqueue(connection: Connection, tenant_id: str, event_type: str, data: Mapping[str, Any]) -> None:
    """Stores a message for every active endpoint of the tenant that wants this type; nothing when there is none.

    connection: in the transaction that makes the change. data: JSON, with times in ISO 8601.
    """
    body = {"type": event_type, "timestamp": iso(datetime.now(UTC)), "data": data}
    await connection.execute(
        ENQUEUE, tenant_id, event_type, new_id(MESSAGE_PREFIX), json.dumps(body, separators=(",", ":")), GIVE_UP_AFTER
    )


def session_data(session: Mapping[str, Any]) -> dict[str, Any]:
    """The session object of contract 14.12 with its metadata, as the data of a message.

    session: a row with these columns.
    """
    return {
        "session_id": session["session_id"],
        "status": session["status"],
        "character_slug": session["character_slug"],
        "character_version": session["character_version"],
        "room_name": session["room_name"],
        "created_at": iso(session["create_time"]),
        "joined_at": iso_or_none(session["join_time"]),
        "ended_at": iso_or_none(session["end_time"]),
        "end_reason": session["end_reason"],
        "metadata": session["metadata"],
    }
