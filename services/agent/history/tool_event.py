"""A call of a tool as an event of the history."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.struct_pb2 import Struct

from services.agent.moments import ToolCalled
from services.kit.errors import CallboxError
from services.kit.structs import to_struct

_MAX_NAME_CHARACTERS = 128
_MAX_ARGUMENT_BYTES = 16_384
_MAX_PREVIEW_CHARACTERS = 4_000


def tool_event(called: ToolCalled, start_seconds: float, turn_index: int, character_slug: str) -> pb.ToolEvent:
    """The event. start_seconds: of the call, since the caller joined. turn_index: of the answer that follows.

    character_slug: of the character that called it; empty for the one that the call started with.
    """
    event = pb.ToolEvent(
        name=called.name[:_MAX_NAME_CHARACTERS],
        kind=called.kind,
        result_preview=called.result[:_MAX_PREVIEW_CHARACTERS],
        error=called.error,
        start_seconds=start_seconds,
        turn_index=turn_index,
        result_characters=len(called.result),
        character_slug=character_slug[:_MAX_NAME_CHARACTERS],
    )
    event.duration.FromTimedelta(timedelta(seconds=called.seconds))
    if (arguments := _struct(called.arguments)) is not None:
        event.arguments.CopyFrom(arguments)
    else:
        event.arguments_omitted = True
    return event


def _struct(arguments: Mapping[str, Any] | None) -> Struct | None:
    """The arguments; None if they are too large or a Struct cannot hold them."""
    if arguments is None or len(json.dumps(arguments, ensure_ascii=False).encode()) > _MAX_ARGUMENT_BYTES:
        return None
    try:
        return to_struct(arguments)
    except CallboxError:
        return None
