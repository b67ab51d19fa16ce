"""JSON objects to and from `google.protobuf.Struct`."""

import math
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from services.kit.errors import validation

# A Struct stores numbers as doubles, which hold integers exactly up to here.
EXACT = 2**53


def from_struct(struct: Struct, path: str = "") -> dict[str, Any]:
    """The JSON object in a Struct from a client. path: of the field that holds it; empty for the whole body.

    Raises: CallboxError `validation_failed` for NaN and infinity (not JSON) and for U+0000 (not in PostgreSQL).
    """
    _check_fields(struct, path)
    return to_dict(struct)


def to_dict(struct: Struct) -> dict[str, Any]:
    """The JSON object in a Struct; integers up to `EXACT` become int."""
    return {name: _plain(value) for name, value in struct.fields.items()}


def to_struct(content: dict[str, Any]) -> Struct:
    """The Struct of a JSON object."""
    struct = Struct()
    struct.update(content)
    return struct


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) <= EXACT else number
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return to_dict(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
    return None


def _check_fields(struct: Struct, path: str) -> None:
    for name, value in struct.fields.items():
        below = _below(path, name)
        _check_text(name, below)
        _check(value, below)


def _check(value: Value, path: str) -> None:
    match value.WhichOneof("kind"):
        case "string_value":
            _check_text(value.string_value, path)
        case "number_value" if not math.isfinite(value.number_value):
            raise validation({path: ["is a number that is not finite"]})
        case "struct_value":
            _check_fields(value.struct_value, path)
        case "list_value":
            for index, item in enumerate(value.list_value.values):
                _check(item, _below(path, str(index)))


def _check_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise validation({path: ["holds the character U+0000, which cannot be stored; remove it"]})


def _below(path: str, name: str) -> str:
    # The path stands in the error, which cannot hold U+0000 either.
    name = name.replace("\x00", "")
    return f"{path}.{name}" if path else name
