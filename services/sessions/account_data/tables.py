"""What sessions holds of one tenant. A new table joins with a line: where its rows go with those of another table
(`on delete cascade`), as `goes_with`, so that an export shows them and a deletion leaves them to that table."""

from services.kit.account_data import Holding

_OF_SESSIONS = "session_row in (select id from sessions where tenant_id = $1)"
# How a call was carried says nothing about its caller, and credentials for tools stay secret.
_INNER = frozenset(
    {
        "agent_left_time", "agent_name", "caller_sid", "claim_time", "dispatch_count", "dispatch_time", "mcp_headers",
        "notice_code", "notice_message", "room_delete_time", "room_sid", "slot_held", "slot_time", "snapshot",
        "trace_context", "worker_id",
    }
)  # fmt: skip
_OF_TOTALS = ("tenant_id", "grain", "bucket", "owner_id", "character_slug", "origin", "end_reason")

HOLDINGS = (
    Holding("sessions", hidden=_INNER),
    Holding("turns", _OF_SESSIONS, ("session_row", "turn_index"), goes_with="sessions"),
    Holding("events", _OF_SESSIONS, ("session_row", "sequence"), goes_with="sessions"),
    # Kept up as sessions go; what says nothing of anybody any more goes last.
    Holding("totals", key=_OF_TOTALS, exported=False),
    # A user's keys may stand for calls of characters of others.
    Holding("start_keys", "split_part(scope, '/', 1) = $1", ("scope", "key"), exported=False),
    Holding("form_responses", hidden=frozenset({"idempotency_key"})),
    Holding("webhook_endpoints", hidden=frozenset({"secret", "previous_secret"})),
    Holding(
        "webhook_deliveries",
        "endpoint_id in (select id from webhook_endpoints where tenant_id = $1)",
        ("seq",),
        hidden=frozenset({"leased_until", "tries"}),
        goes_with="webhook_endpoints",
    ),
    Holding("webhook_messages"),
)
