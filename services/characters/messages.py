"""Characters as protobuf messages."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import asyncpg
from callbox.characters.v1 import characters_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.characters.store import Kept, Stored
from services.kit.structs import to_struct

# Fields of the definition that a snapshot carries by name; a call has no use for the key's mask or the origins.
_NAMED = (
    "name",
    "system_prompt",
    "greeting",
    "language",
    "stt_model",
    "tts_model",
    "keyterms",
    "llm_provider",
    "llm_model",
    "max_tool_calls_per_turn",
    "max_tool_output_chars",
    "max_turn_seconds",
    "recording_enabled",
)
_NOT_IN_REST = {*_NAMED, "slug", "llm_api_key", "allowed_origins", "is_active"}


def character(stored: Stored, documents: Iterable[Mapping[str, Any]] = ()) -> pb.Character:
    """A character as its owner reads it. documents: of its knowledge base, as JSON."""
    return pb.Character(
        id=stored.id,
        slug=stored.slug,
        tenant_id=stored.tenant_id,
        created_by=stored.created_by,
        version=stored.version,
        create_time=timestamp(stored.created_at),
        update_time=timestamp(stored.updated_at),
        definition=to_struct({**stored.definition, "documents": list(documents)}),
        etag=stored.etag,
    )


def snapshot(stored: Stored) -> pb.CharacterSnapshot:
    """What one call is run by."""
    definition = stored.definition
    return pb.CharacterSnapshot(
        character_id=stored.id,
        slug=stored.slug,
        version=stored.version,
        tenant_id=stored.tenant_id,
        created_by=stored.created_by,
        has_llm_api_key=bool(definition["llm_api_key"]),
        max_call_seconds=definition["widget_appearance"].get("max_call_seconds", 0),
        definition=to_struct({name: value for name, value in definition.items() if name not in _NOT_IN_REST}),
        **{name: definition[name] for name in _NAMED},
    )


def version(row: asyncpg.Record) -> pb.CharacterVersion:
    """One line of a character's history."""
    return pb.CharacterVersion(
        version=row["version"],
        create_time=timestamp(row["created_at"]),
        created_by=row["created_by"],
        changed=row["changed"],
    )


def whole_version(kept: Kept) -> pb.CharacterVersion:
    """One version with its definition."""
    return pb.CharacterVersion(
        version=kept.version,
        create_time=timestamp(kept.created_at),
        created_by=kept.created_by,
        changed=kept.changed,
        definition=to_struct(kept.definition),
        character_id=kept.character_id,
    )


def timestamp(at: datetime) -> Timestamp:
    """The time as a message."""
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
