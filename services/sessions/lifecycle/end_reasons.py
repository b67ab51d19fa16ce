"""Why sessions end, what the caller is told then, and how long the room stays open."""

from callbox.sessions.v1 import sessions_pb2 as pb

from services.sessions.store import Call, Notice

CLIENT_LEFT = "client_left"
ENDED_BY_API = "ended_by_api"
MAX_CALL_SECONDS = "max_call_seconds"
AGENT_UNAVAILABLE = "agent_unavailable"
AGENT_LOST = "agent_lost"
NEVER_JOINED = "never_joined"
ERROR = "error"

_PREFIX = "END_REASON_"
_NOTICES = {
    AGENT_UNAVAILABLE: "No agent could take this call; start a new one in a moment.",
    AGENT_LOST: "The agent dropped out of this call; start a new one to go on.",
}
_OVER = Notice("session_ended", "This call is already over; start a new one.")

# The room stays open this long after the last message, so that the message arrives.
LAST_MESSAGE_SECONDS = 1.0
# The reaper closes a room this much later than the process that ended the session should have.
_REAPER_SECONDS = 5.0
_CLOSE_AT_ONCE = {CLIENT_LEFT, ENDED_BY_API, NEVER_JOINED}


def name(reason: pb.EndReason.ValueType) -> str:
    """The contract's name of a reason; empty for the unspecified one and for those of a newer version."""
    if reason == pb.END_REASON_UNSPECIFIED or reason not in pb.EndReason.values():
        return ""
    return pb.EndReason.Name(reason).removeprefix(_PREFIX).lower()


def number(reason: str | None) -> pb.EndReason.ValueType:
    """The reason with a name."""
    return pb.END_REASON_UNSPECIFIED if not reason else pb.EndReason.Value(_PREFIX + reason.upper())


def notice(reason: str) -> Notice | None:
    """What this service tells the caller; None where the agent tells it, or no caller is there."""
    return Notice(reason, _NOTICES[reason]) if reason in _NOTICES else None


def late_notice(call: Call) -> Notice:
    """What a caller is told who joins after the session has ended."""
    if call.notice_code and call.notice_message:
        return Notice(call.notice_code, call.notice_message)
    return _OVER


def closing_seconds(reason: str | None) -> float:
    """How long the room stays open after the end, or after the notice if there is one."""
    return 0.0 if reason in _CLOSE_AT_ONCE else LAST_MESSAGE_SECONDS


def linger_seconds(reason: str) -> float:
    """How long after the end the reaper closes the room."""
    return closing_seconds(reason) + _REAPER_SECONDS
