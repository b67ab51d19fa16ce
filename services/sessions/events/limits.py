"""Limits of the texts and tool calls of events. Pure."""

import json

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.json_format import MessageToDict

MAX_NAME_CHARACTERS = 128
MAX_ERROR_CHARACTERS = 128
MAX_RESULT_CHARACTERS = 4_000
MAX_ARGUMENTS_BYTES = 16_384
# A caller's longest typed message has 4,000, an hour of speech about 50,000.
MAX_TURN_CHARACTERS = 65_536
_MAX_REASON_CHARACTERS = 300
MAX_HANDOFF_REASON_CHARACTERS = 1_000
_MAX_MESSAGE_CHARACTERS = 1_000
_USAGE_NAMES = ("llm_model", "llm_provider", "stt_provider", "tts_provider")
_MAX_DURATION_NANOS = 24 * 3600 * 10**9
_CUT = "…"


def within_limits(event: pb.SessionEvent) -> pb.SessionEvent:
    """A copy with texts cut to their limits, and without arguments of tools that are too large or not JSON."""
    kept = pb.SessionEvent()
    kept.CopyFrom(event)
    match event.WhichOneof("event"):
        case "turn":
            kept.turn.text = _cut(event.turn.text, MAX_TURN_CHARACTERS)
            kept.turn.character_slug = event.turn.character_slug[:MAX_NAME_CHARACTERS]
        case "form":
            kept.form.form_id = event.form.form_id[:MAX_NAME_CHARACTERS]
        case "usage":
            for name in (*_USAGE_NAMES, "character_slug"):
                setattr(kept.usage, name, getattr(event.usage, name)[:MAX_NAME_CHARACTERS])
        case "error":
            kept.error.code = event.error.code[:MAX_NAME_CHARACTERS]
            kept.error.message = _cut(event.error.message, _MAX_MESSAGE_CHARACTERS)
        case "tool":
            kept.tool.CopyFrom(_tool_within_limits(event.tool))
        case "voice":
            kept.voice.voice = event.voice.voice[:MAX_NAME_CHARACTERS]
            kept.voice.reason = event.voice.reason[:_MAX_REASON_CHARACTERS]
        case "handoff":
            kept.handoff.from_slug = event.handoff.from_slug[:MAX_NAME_CHARACTERS]
            kept.handoff.to_slug = event.handoff.to_slug[:MAX_NAME_CHARACTERS]
            kept.handoff.reason = _cut(event.handoff.reason, MAX_HANDOFF_REASON_CHARACTERS)
            kept.handoff.turn_index = max(0, event.handoff.turn_index)
    return kept


def _tool_within_limits(called: pb.ToolEvent) -> pb.ToolEvent:
    kept = pb.ToolEvent()
    kept.CopyFrom(called)
    kept.name = _cut(called.name, MAX_NAME_CHARACTERS)
    kept.error = _cut(called.error, MAX_ERROR_CHARACTERS)
    kept.result_preview = _cut(called.result_preview, MAX_RESULT_CHARACTERS)
    kept.character_slug = called.character_slug[:MAX_NAME_CHARACTERS]
    kept.turn_index = max(0, called.turn_index)
    kept.result_characters = max(0, called.result_characters)
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
