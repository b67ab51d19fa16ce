"""A handoff as an event of the history."""

from callbox.sessions.v1 import sessions_pb2 as pb

_MAX_SLUG_CHARACTERS = 128
_MAX_REASON_CHARACTERS = 1_000


def handoff_event(from_slug: str, to_slug: str, reason: str, start_seconds: float, turn_index: int) -> pb.HandoffEvent:
    """The event. start_seconds: since the caller joined. turn_index: of the first turn of the new character."""
    return pb.HandoffEvent(
        from_slug=from_slug[:_MAX_SLUG_CHARACTERS],
        to_slug=to_slug[:_MAX_SLUG_CHARACTERS],
        reason=reason[:_MAX_REASON_CHARACTERS],
        start_seconds=start_seconds,
        turn_index=turn_index,
    )
