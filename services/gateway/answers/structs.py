"""JSON objects of requests as protobuf Structs."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from services.kit import structs
from services.kit.errors import validation


def to_struct(value: Mapping[str, Any], path: str = "") -> Struct:
    """The Struct of a JSON object; `path` is where the object stands in the body.

    Raises: CallboxError `validation_failed` for a whole number that a double would round.
    """
    _refuse_inexact(value, path)
    return structs.to_struct(dict(value))


def _refuse_inexact(value: object, path: str) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _refuse_inexact(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_inexact(item, f"{path}.{index}")
    elif isinstance(value, int) and abs(value) > structs.EXACT:
        raise validation({path: ["whole numbers beyond 2^53 lose digits; send it as a string"]})
