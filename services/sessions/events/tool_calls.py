"""Limits of tool calls in the history. Pure."""

import json

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.json_format import MessageToDict

MAX_NAME_CHARACTERS = 128
MAX_ERROR_CHARACTERS = 128
MAX_RESULT_CHARACTERS = 4_000
MAX_ARGUMENTS_BYTES = 16_384
_MAX_DURATION_NANOS = 24 * 3600 * 10**9
_CUT = "…"


def within_limits(called: pb.ToolEvent) -> pb.ToolEvent:
    """A copy with texts cut to their limits, and without arguments that are too large or not JSON."""
    kept = pb.ToolEvent()
    kept.CopyFrom(called)
    kept.name = _cut(called.name, MAX_NAME_CHARACTERS)
    kept.error = _cut(called.error, MAX_ERROR_CHARACTERS)
    kept.result_preview = _cut(called.result_preview, MAX_RESULT_CHARACTERS)
    kept.duration.FromNanoseconds(min(max(0, called.duration.ToNanoseconds()), _MAX_DURATION_NANOS))
    if called.HasField("arguments") and not _storable(called):
        kept.ClearField("arguments")
        kept.arguments_omitted = True
    return kept


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + _CUT


def _storable(called: pb.ToolEvent) -> bool:
    try:
        compact = json.dumps(MessageToDict(called.arguments), ensure_ascii=False, separators=(",", ":"))
    except ValueError:  # NaN or infinity
        return False
    return len(compact.encode()) <= MAX_ARGUMENTS_BYTES
