"""The outbox: a message is stored in the transaction in which happens what it tells, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id
from services.sessions.webhooks.schedule import GIVE_UP_AFTER

if TYPE_CHECKING:
    from services.sessions.store import Connection

MESSAGE_PREFIX = "msg"


async def enqueue(connection: Connection, tenant_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Stores a message for every active endpoint of the tenant that wants this kind; nothing when there is none.

    connection: inside the transaction that makes `data` true. data: JSON, with times in ISO 8601.
    """
    body = {"type": kind, "timestamp": iso(datetime.now(UTC)), "data": data}
    # The endpoints are locked against being deleted meanwhile, or this would fail the transaction it is part of.
    await connection.execute(
        """
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
        """,
        tenant_id,
        kind,
        new_id(MESSAGE_PREFIX),
        json.dumps(body, separators=(",", ":")),
        GIVE_UP_AFTER,
    )


def session_data(session: Mapping[str, Any]) -> dict[str, Any]:
    """What a message tells of a session: the session object of contract 14.12, and its metadata.

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


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_or_none(moment: datetime | None) -> str | None:
    """As `iso`, None for None."""
    return None if moment is None else iso(moment)
