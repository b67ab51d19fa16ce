"""JSON objects as protobuf Structs and back."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from services.kit.errors import validation

# Whole numbers up to here are exact in a double, which is all that a Struct has.
_EXACT = 2**53


def to_struct(value: Mapping[str, Any], path: str = "") -> Struct:
    """The Struct of a JSON object; `path` is where the object stands in the body.

    Raises: CallboxError `validation_failed` for a whole number that a double would round.
    """
    struct = Struct()
    _refuse_inexact(value, path)
    struct.update(value)
    return struct


def to_dict(struct: Struct) -> dict[str, Any]:
    """The JSON object of a Struct; whole numbers come back as int."""
    return {name: _plain(value) for name, value in struct.fields.items()}


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) <= _EXACT else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return to_dict(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
    return None


def _refuse_inexact(value: object, path: str) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _refuse_inexact(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_inexact(item, f"{path}.{index}")
    elif isinstance(value, int) and abs(value) > _EXACT:
        raise validation({path: ["whole numbers beyond 2^53 lose digits; send it as a string"]})
