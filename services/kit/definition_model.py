"""The base of every object inside a definition that a client writes, and what its OpenAPI schema says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

# Keywords that stand beside a type and do not restrict it.
_ANNOTATIONS = ("title", "description", "default", "examples")


@dataclass(frozen=True, eq=False)
class SchemaKeywords:
    """Adds keywords to the JSON Schema of a type whose validator pydantic cannot describe. Checks nothing."""

    keywords: JsonDict

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of the type with the keywords."""
        return {**handler(core_schema), **self.keywords}


def optional_fields_take_null(schema: JsonDict, but: Sequence[str] = ()) -> None:
    """Lets every optional property of an object's JSON Schema be `null`. Annotations stay beside the type."""
    properties = cast("dict[str, JsonDict]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    for name in properties.keys() - {*required, *but}:
        properties[name] = _or_null(properties[name])


def _or_null(field: JsonDict) -> JsonDict:
    annotations = {keyword: field[keyword] for keyword in _ANNOTATIONS if keyword in field}
    restrictions = {keyword: field[keyword] for keyword in field if keyword not in annotations}
    if not restrictions or {"type": "null"} in cast("list[JsonDict]", restrictions.get("anyOf", [])):
        return field
    return {"anyOf": [restrictions, {"type": "null"}], **annotations}


def _null_for_optional_fields(schema: JsonDict) -> None:
    optional_fields_take_null(schema)


class DefinitionModel(BaseModel):
    """An object inside a definition. `null` means the default, and is kept if it is that. Unknown fields are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, json_schema_extra=_null_for_optional_fields)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: item for name, item in value.items() if item is not None or cls._takes_null(name)}

    @classmethod
    def _takes_null(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is not None and not field.is_required() and field.get_default(call_default_factory=True) is None
