"""Keeps the events of a call below the size that sessions takes in one message (4 MiB). Pure."""

from collections.abc import Iterable

from callbox.sessions.v1 import sessions_pb2 as pb

MAX_EVENT_BYTES = 512 * 1024
_MAX_EVENTS, _MAX_BATCH_BYTES = 100, 2 * 1024 * 1024
_MAX_TEXT_CHARACTERS = 65_536
_CUT = "…"


def trimmed(event: pb.SessionEvent) -> pb.SessionEvent:
    """The event; one of more than `MAX_EVENT_BYTES` as a copy with texts cut and without the arguments of its tool."""
    if event.ByteSize() <= MAX_EVENT_BYTES:
        return event
    kept = pb.SessionEvent()
    kept.CopyFrom(event)
    if kept.HasField("tool"):
        kept.tool.ClearField("arguments")
        kept.tool.arguments_omitted = True
    content = getattr(kept, kept.WhichOneof("event") or "turn")
    for field, value in content.ListFields():
        if isinstance(value, str) and len(value) > _MAX_TEXT_CHARACTERS:
            setattr(content, field.name, value[: _MAX_TEXT_CHARACTERS - 1] + _CUT)
    return kept


def first_batch(events: Iterable[pb.SessionEvent]) -> list[pb.SessionEvent]:
    """The first events that fit into one message; at least one."""
    batch: list[pb.SessionEvent] = []
    size = 0
    for event in events:
        size += event.ByteSize()
        if batch and (len(batch) == _MAX_EVENTS or size > _MAX_BATCH_BYTES):
            break
        batch.append(event)
    return batch
