"""JSON objects to and from `google.protobuf.Struct`."""

import math
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from services.kit.errors import validation

# Up to here every whole number is exact in the double that a Struct carries.
_EXACT = 2**53


def from_struct(struct: Struct, path: str = "") -> dict[str, Any]:
    """The JSON object in a Struct; whole numbers come out as int. path: where it stands in a body, empty for all of it.

    Raises: CallboxError `validation_failed` for a number that JSON does not have, or U+0000, which PostgreSQL does not.
    """
    return {
        _text(name, _below(path, name)): _from_value(value, _below(path, name)) for name, value in struct.fields.items()
    }


def to_struct(content: dict[str, Any]) -> Struct:
    """The Struct of a JSON object."""
    struct = Struct()
    struct.update(content)
    return struct


def _from_value(value: Value, path: str) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return _text(value.string_value, path)
        case "number_value":
            number = value.number_value
            if not math.isfinite(number):
                raise validation({path: ["is a number that is not finite"]})
            return int(number) if number.is_integer() and abs(number) <= _EXACT else number
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return from_struct(value.struct_value, path)
        case "list_value":
            return [_from_value(item, _below(path, str(index))) for index, item in enumerate(value.list_value.values)]
        case _:
            return None


def _text(text: str, path: str) -> str:
    if "\x00" in text:
        raise validation({path: ["holds the character U+0000, which cannot be stored; remove it"]})
    return text


def _below(path: str, name: str) -> str:
    # Where a fault is reported, in which no NUL can stand either.
    name = name.replace("\x00", "")
    return f"{path}.{name}" if path else name
