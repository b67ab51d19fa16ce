"""What sessions holds of one tenant. A new table joins with a line: where its rows go with those of another table
(`on delete cascade`), as `goes_with`, so that an export shows them and a deletion leaves them to that table."""

from services.kit.userdata import Holding

_OF_SESSIONS = "session_row in (select id from sessions where tenant_id = $1)"
# How a call was carried says nothing about its caller, and credentials for tools stay secret.
_INNER = frozenset(
    {
        "agent_left_time", "agent_name", "caller_sid", "claim_time", "dispatch_count", "dispatch_time", "mcp_headers",
        "notice_code", "notice_message", "room_delete_time", "room_sid", "slot_held", "slot_time", "snapshot",
        "trace_context", "worker_id",
    }
)  # fmt: skip

HOLDINGS = (
    Holding("sessions", hidden=_INNER),
    Holding("turns", _OF_SESSIONS, ("session_row", "turn_index"), goes_with="sessions"),
    Holding("events", _OF_SESSIONS, ("session_row", "sequence"), goes_with="sessions"),
)
