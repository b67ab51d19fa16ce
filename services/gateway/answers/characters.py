"""Characters and their versions as JSON."""

from typing import Any

from callbox.characters.v1 import characters_pb2 as pb

from services.gateway.answers.times import iso
from services.kit.structs import to_dict


def body_of(character: pb.Character) -> dict[str, Any]:
    """A character as it is answered."""
    own = {
        "id": character.id,
        "slug": character.slug,
        "version": character.version,
        "created_by": character.created_by,
        "created_at": iso(character.create_time),
        "updated_at": iso(character.update_time),
    }
    return {**to_dict(character.definition), **own}


def line_of(version: pb.CharacterVersion) -> dict[str, Any]:
    """A version as it stands in the list."""
    return {
        "version": version.version,
        "created_at": iso(version.create_time),
        "created_by": version.created_by,
        "changed": list(version.changed),
    }


def whole_of(version: pb.CharacterVersion) -> dict[str, Any]:
    """A version with its definition."""
    return {**to_dict(version.definition), "id": version.character_id, **line_of(version)}
