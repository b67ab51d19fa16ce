"""The tables with data of tenants. Each new table needs a line here. `goes_with` names the table whose rows take these
rows along when they are deleted (`on delete cascade`): an export shows them, a deletion skips them."""

from services.kit.account_data import Holding

_OF_SESSIONS = "session_row in (select id from sessions where tenant_id = $1)"
# Columns of operation, which say nothing about the caller, and credentials of tools, which stay secret.
_HIDDEN = frozenset(
    {
        "agent_left_time", "agent_name", "caller_sid", "claim_time", "dispatch_count", "dispatch_time", "mcp_headers",
        "notice_code", "notice_message", "room_delete_time", "room_sid", "slot_held", "slot_time", "snapshot",
        "trace_context", "worker_id",
    }
)  # fmt: skip
_OF_TOTALS = ("tenant_id", "grain", "bucket", "owner_id", "character_slug", "origin", "end_reason")

HOLDINGS = (
    Holding("sessions", hidden=_HIDDEN),
    Holding("turns", _OF_SESSIONS, ("session_row", "turn_index"), goes_with="sessions"),
    Holding("events", _OF_SESSIONS, ("session_row", "sequence"), goes_with="sessions"),
    # Triggers update it as sessions are deleted. It holds only sums, so it is deleted after them.
    Holding("totals", key=_OF_TOTALS, exported=False),
    # Not deleted with the sessions: a user's keys may belong to calls of another tenant's characters.
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
