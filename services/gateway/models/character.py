"""Bodies of characters (contract 2.2 and 14.5), for documentation only: the characters service validates them.

Both read the fields from services/kit/character_definition.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from services.kit.character_definition.fields import CharacterFields, CharacterName, CharacterSlug
from services.kit.definition_model import optional_fields_take_null

_EXAMPLE: JsonDict = {
    "slug": "support-bot",
    "name": "Support",
    "system_prompt": "You answer calls for a bicycle shop. Saturday: 10 to 16.",
    "greeting": "Hello, how can I help?",
    "language": "en",
    "allowed_origins": ["https://shop.example"],
    "llm_model": "gpt-4o-mini",
    "widget_appearance": {"name": "Shop", "theme": {"primary_color": "#6366F1"}},
}
_ANSWERED = ConfigDict(json_schema_serialization_defaults_required=True, json_schema_extra={"example": _EXAMPLE})


def _every_field_but_the_name_takes_null(schema: JsonDict) -> None:
    optional_fields_take_null(schema, but=("name",))
    schema["example"] = {"allowed_origins": ["https://shop.example"]}


class CharacterChange(CharacterFields):
    """Fields of a character; one that is not sent keeps its value, `null` resets it to its default."""

    model_config = ConfigDict(json_schema_extra=_every_field_but_the_name_takes_null)

    documents: list[Any] = Field([], description="The newest of its knowledge base; passed over when sent.")


class CharacterDefinition(CharacterChange):
    """A whole character; `slug` and `name` are required, and the slug never changes."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    slug: CharacterSlug
    name: CharacterName


class CharacterReplacement(CharacterChange):
    """A whole character; what is not sent takes its default. The slug is that of the path and may be left out."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    # Without a default in the document: a generated client would send it.
    slug: str = Field(default_factory=str, description="As in the path; it never changes.")
    name: CharacterName


class Character(CharacterDefinition):
    """A character as it is kept, defaults filled in and secrets masked."""

    model_config = _ANSWERED

    id: str = Field(description="Opaque identity; taken wherever the slug is.")
    version: int = Field(description="Every change makes a new one.")
    created_by: int
    created_at: datetime
    updated_at: datetime


class VersionLine(BaseModel):
    """One version of a character."""

    version: int = Field(description="Number, from 1.")
    created_at: datetime
    created_by: int = Field(description="User who made it.")
    changed: list[str] = Field(description="Fields that differ from the version before.", examples=[["greeting"]])


class Version(CharacterFields):
    """A character as one version has it, defaults filled in and secrets masked; without `documents`."""

    model_config = _ANSWERED

    slug: CharacterSlug
    name: CharacterName
    id: str = Field(description="Opaque identity of the character.")
    version: int
    created_at: datetime = Field(description="When the version was made.")
    created_by: int = Field(description="User who made it.")
    changed: list[str] = Field(description="Fields that differ from the version before.")


class PatchStep(BaseModel):
    """One operation of a JSON Patch (RFC 6902)."""

    model_config = ConfigDict(extra="allow")

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str = Field(examples=["/greeting"])


class Difference(BaseModel):
    """What makes `version` out of `against`."""

    version: int
    against: int = Field(description="0 for a character with every default.")
    patch: list[PatchStep] = Field(
        description="JSON Patch (RFC 6902).", examples=[[{"op": "replace", "path": "/greeting", "value": "Hello!"}]]
    )


@dataclass(frozen=True)
class DocumentedBy:
    """Documents a plain JSON object by a model that does not validate it."""

    model: type[BaseModel]

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of the model, and its name, by which the document keeps it once."""
        return {**handler(self.model.__pydantic_core_schema__), "x-model": self.model.__name__}


DefinitionBody = Annotated[dict[str, Any], DocumentedBy(CharacterDefinition)]
ReplacementBody = Annotated[dict[str, Any], DocumentedBy(CharacterReplacement)]
ChangeBody = Annotated[dict[str, Any], DocumentedBy(CharacterChange)]
