"""Why sessions end, what the caller is told of it, and how long the room stays."""

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

# What was sent last is to arrive before the room is closed.
TOLD_SECONDS = 1.0
# The reaper closes a room this much later than who should have.
_REAPER_SECONDS = 5.0
_AT_ONCE = {CLIENT_LEFT, ENDED_BY_API, NEVER_JOINED}


def name(reason: pb.EndReason.ValueType) -> str:
    """The contract's name of a reason; empty for the unspecified one and those of a newer version."""
    if reason == pb.END_REASON_UNSPECIFIED or reason not in pb.EndReason.values():
        return ""
    return pb.EndReason.Name(reason).removeprefix(_PREFIX).lower()


def number(reason: str | None) -> pb.EndReason.ValueType:
    """The reason of a name."""
    return pb.END_REASON_UNSPECIFIED if not reason else pb.EndReason.Value(_PREFIX + reason.upper())


def notice(reason: str) -> Notice | None:
    """What a caller is told by this service; None where the agent says it or there is nobody to tell."""
    return Notice(reason, _NOTICES[reason]) if reason in _NOTICES else None


def notice_for_late(call: Call) -> Notice:
    """What a caller is told who joins a session that is over."""
    if call.notice_code and call.notice_message:
        return Notice(call.notice_code, call.notice_message)
    return _OVER


def closing_seconds(reason: str | None) -> float:
    """How long after an end the room is closed, when there is no notice to send first or it has been sent."""
    return 0.0 if reason in _AT_ONCE else TOLD_SECONDS


def linger_seconds(reason: str) -> float:
    """When the reaper closes the room, counted from the end."""
    return closing_seconds(reason) + _REAPER_SECONDS
