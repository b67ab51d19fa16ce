"""Characters as protobuf messages."""

from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg
from callbox.characters.v1 import characters_pb2 as pb

from services.characters.store import StoredCharacter, StoredVersion
from services.kit.structs import to_struct
from services.kit.times import timestamp

# Fields of the definition that have fields of their own in a snapshot.
_OWN_FIELDS = (
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
# The others go into `definition`, but for those that a call does not need.
_NOT_IN_DEFINITION = {*_OWN_FIELDS, "slug", "llm_api_key", "allowed_origins", "is_active"}


def character(stored: StoredCharacter, documents: Iterable[Mapping[str, Any]] = ()) -> pb.Character:
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


def snapshot(stored: StoredCharacter) -> pb.CharacterSnapshot:
    """The character as one call uses it."""
    definition = stored.definition
    return pb.CharacterSnapshot(
        character_id=stored.id,
        slug=stored.slug,
        version=stored.version,
        tenant_id=stored.tenant_id,
        created_by=stored.created_by,
        has_llm_api_key=bool(definition["llm_api_key"]),
        max_call_seconds=definition["widget_appearance"].get("max_call_seconds", 0),
        definition=to_struct({name: value for name, value in definition.items() if name not in _NOT_IN_DEFINITION}),
        **{name: definition[name] for name in _OWN_FIELDS},
    )


def version(row: asyncpg.Record) -> pb.CharacterVersion:
    """One line of a character's history."""
    return pb.CharacterVersion(
        version=row["version"],
        create_time=timestamp(row["created_at"]),
        created_by=row["created_by"],
        changed=row["changed"],
    )


def whole_version(stored: StoredVersion) -> pb.CharacterVersion:
    """One version with its definition."""
    return pb.CharacterVersion(
        version=stored.version,
        create_time=timestamp(stored.created_at),
        created_by=stored.created_by,
        changed=stored.changed,
        definition=to_struct(stored.definition),
        character_id=stored.character_id,
    )
