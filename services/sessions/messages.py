"""Rows and JSON of the database as protobuf messages, and back."""

from collections.abc import Iterable
from typing import Any

import asyncpg
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from services.kit.times import timestamp, timestamp_or_none
from services.sessions.lifecycle import end_reasons

_STATUS = {
    "created": pb.SESSION_STATUS_CREATED,
    "active": pb.SESSION_STATUS_ACTIVE,
    "ended": pb.SESSION_STATUS_ENDED,
}


def status(name: str) -> pb.SessionStatus.ValueType:
    """The status with this name in the database."""
    return _STATUS[name]


def session(
    row: asyncpg.Record,
    turns: bytes | Iterable[dict[str, Any]] = b"",
    tools: Iterable[dict[str, Any]] = (),
    handoffs: Iterable[dict[str, Any]] = (),
) -> pb.Session:
    """A session from its row, its turns, its tool calls and its handoffs, all in order.

    turns: their `wire` columns joined together, or their bodies. tools, handoffs: the bodies.
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
        end_reason=end_reasons.number(row["end_reason"]),
        create_time=timestamp(row["create_time"]),
        join_time=timestamp_or_none(row["join_time"]),
        end_time=timestamp_or_none(row["end_time"]),
        finalize_time=timestamp_or_none(row["finalize_time"]),
        usage=usage(row),
        turns=() if isinstance(turns, bytes) else map(turn, turns),
        tool_calls=[ParseDict(body, pb.ToolEvent(), ignore_unknown_fields=True) for body in tools],
        handoffs=[ParseDict(body, pb.HandoffEvent(), ignore_unknown_fields=True) for body in handoffs],
    )
    if row["voice"] is not None:
        ParseDict(row["voice"], message.voice, ignore_unknown_fields=True)
    message.metadata.update(row["metadata"])
    if isinstance(turns, bytes):
        message.MergeFromString(turns)
    return message


def wire(body: dict[str, Any]) -> bytes:
    """A turn as a serialised session that holds nothing else: joined together, such pieces are one session."""
    return pb.Session(turns=[turn(body)]).SerializeToString()


def turn(body: dict[str, Any]) -> pb.Turn:
    """A turn from its JSON."""
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
        character_slug=body.get("character_slug", ""),
        latency=latency,
    )


def _duration(text: str) -> Duration:
    message = Duration()
    message.FromJsonString(text)
    return message


def usage(row: asyncpg.Record) -> pb.Usage:
    """Usage from a row; a name that the row does not have is left out."""
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
    """A message as JSON that PostgreSQL can store."""
    cleaned = _without_nul(MessageToDict(message, preserving_proto_field_name=True))
    assert isinstance(cleaned, dict)
    return cleaned


def _without_nul(value: object) -> object:
    """The value without NUL characters, which PostgreSQL's text cannot hold."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {key: _without_nul(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value
