"""What the objects inside a definition have in common."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Short = Annotated[str, Field(max_length=200)]
Url = Annotated[str, Field(max_length=2048)]
Secret = Annotated[str, Field(max_length=4096)]
Named = TypeVar("Named", bound="NamedPart")


def at_most_bytes(limit: int) -> AfterValidator:
    """A limit on a string as UTF-8, or on anything else as compact UTF-8 JSON."""

    def check(value: Any) -> Any:
        content = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        text = content if isinstance(content, str) else compact(content)
        if len(text.encode()) > limit:
            raise ValueError(f"must be at most {limit:,} bytes of UTF-8")
        return value

    return AfterValidator(check)


def compact(content: Any) -> str:
    """JSON without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


class Part(BaseModel):
    """An object inside a definition, as JSON: `null` means the default, fields of other makers are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, value: Any) -> Any:
        return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


class NamedPart(Part):
    """A part that is referred to by name."""

    name: str


def unique_names(parts: list[Named]) -> list[Named]:
    """The parts, when no two share a name.

    Raises: ValueError.
    """
    names = [part.name for part in parts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"has more than one entry named {', '.join(twice)}")
    return parts
