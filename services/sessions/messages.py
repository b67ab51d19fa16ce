"""Rows and JSON of the database as protocol messages."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
from callbox.sessions.v1 import forms_pb2
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.structs import to_struct
from services.sessions import endings
from services.sessions.forms.store import StoredResponse

_STATUS = {
    "created": pb.SESSION_STATUS_CREATED,
    "active": pb.SESSION_STATUS_ACTIVE,
    "ended": pb.SESSION_STATUS_ENDED,
}


def status(word: str) -> pb.SessionStatus.ValueType:
    """The status of a word of the database."""
    return _STATUS[word]


def session(
    row: asyncpg.Record, turns: bytes | Iterable[dict[str, Any]] = b"", tools: Iterable[dict[str, Any]] = ()
) -> pb.Session:
    """A session from its row and its turns and tool calls in order.

    turns: their `wire` one behind the other, or their bodies. tools: bodies.
    """
    message = pb.Session(
        session_id=row["session_id"],
        id=row["id"],
        tenant_id=row["tenant_id"],
        owner_id=row["owner_id"],
        character_id=row["character_id"],
        character_slug=row["character_slug"],
        character_version=row["character_version"],
        user_id=row["user_id"],
        room_name=row["room_name"],
        origin_url=row["origin_url"],
        status=_STATUS[row["status"]],
        end_reason=endings.number(row["end_reason"]),
        create_time=timestamp(row["create_time"]),
        join_time=timestamp(row["join_time"]),
        end_time=timestamp(row["end_time"]),
        finalize_time=timestamp(row["finalize_time"]),
        usage=usage(row),
        turns=() if isinstance(turns, bytes) else map(turn, turns),
        tool_calls=[ParseDict(body, pb.ToolEvent(), ignore_unknown_fields=True) for body in tools],
    )
    if row["voice"] is not None:
        ParseDict(row["voice"], message.voice, ignore_unknown_fields=True)
    message.metadata.update(row["metadata"])
    if isinstance(turns, bytes):
        message.MergeFromString(turns)
    return message


def form_response(stored: StoredResponse) -> forms_pb2.FormResponse:
    """An answer to a form."""
    return forms_pb2.FormResponse(
        id=stored.id,
        form_id=stored.form_id,
        session_id=stored.session_id or "",
        values=to_struct(stored.values()),
        create_time=timestamp(stored.create_time),
        field_names=stored.field_names,
    )


def wire(body: dict[str, Any]) -> bytes:
    """A turn as it stands in a serialised session: such pieces one behind the other are a session with these turns."""
    return pb.Session(turns=[turn(body)]).SerializeToString()


def turn(body: dict[str, Any]) -> pb.Turn:
    """A turn from its body."""
    latency = None
    if "latency" in body:
        latency = pb.LatencyParts(**{part: _duration(text) for part, text in body["latency"].items()})
    return pb.Turn(
        turn_index=body.get("turn_index", 0),
        role=body.get("role", pb.ROLE_UNSPECIFIED),
        text=body.get("text", ""),
        start_seconds=body.get("start_seconds", 0.0),
        interrupted=body.get("interrupted", False),
        typed=body.get("typed", False),
        latency=latency,
    )


@lru_cache(maxsize=8_192)
def _duration(text: str) -> Duration:
    """A duration from its JSON, `0.090500s`; never negative. Not to be changed: it is the same at each call."""
    seconds, _, fraction = text[:-1].partition(".")
    return Duration(seconds=int(seconds), nanos=int(fraction.ljust(9, "0")) if fraction else 0)


def usage(row: asyncpg.Record) -> pb.Usage:
    """Usage from a row; names are left out where it has none."""
    names = ("llm_model", "llm_provider", "stt_provider", "tts_provider")
    return pb.Usage(
        llm_input_tokens=row["llm_input_tokens"],
        llm_output_tokens=row["llm_output_tokens"],
        stt_audio_seconds=row["stt_audio_seconds"],
        tts_characters=row["tts_characters"],
        interruption_count=row["interruption_count"],
        turn_count=row["turn_count"],
        cost_nano_usd=row["cost_nano_usd"],
        **{name: row[name] for name in names if name in row},
    )


def body(message: Message) -> dict[str, Any]:
    """A message as JSON that PostgreSQL takes."""
    cleaned = _without_nul(MessageToDict(message, preserving_proto_field_name=True))
    assert isinstance(cleaned, dict)
    return cleaned


def timestamp(moment: datetime | None) -> Timestamp | None:
    """A moment as a message."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def _without_nul(value: object) -> object:
    """PostgreSQL's text has no NUL."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {key: _without_nul(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value
