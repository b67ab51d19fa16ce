"""Characters and their versions as JSON."""

from typing import Any

from callbox.characters.v1 import characters_pb2 as pb

from services.kit.structs import from_struct
from services.kit.times import iso, moment


def character_json(character: pb.Character) -> dict[str, Any]:
    """A character: the content of a `Character`."""
    own = {
        "id": character.id,
        "slug": character.slug,
        "version": character.version,
        "created_by": character.created_by,
        "created_at": iso(moment(character.create_time)),
        "updated_at": iso(moment(character.update_time)),
    }
    return {**from_struct(character.definition), **own}


def version_summary(version: pb.CharacterVersion) -> dict[str, Any]:
    """A version without its definition: the content of a `VersionLine`."""
    return {
        "version": version.version,
        "created_at": iso(moment(version.create_time)),
        "created_by": version.created_by,
        "changed": list(version.changed),
    }


def version_json(version: pb.CharacterVersion) -> dict[str, Any]:
    """A version with its definition: the content of a `Version`."""
    return {**from_struct(version.definition), "id": version.character_id, **version_summary(version)}
