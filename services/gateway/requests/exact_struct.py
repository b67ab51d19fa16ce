"""JSON objects of requests as protobuf Structs, without loss of digits."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from services.kit import structs
from services.kit.errors import validation


def exact_struct(value: Mapping[str, Any], path: str = "") -> Struct:
    """The Struct of a JSON object. path: where the object stands in the body, for the error.

    Raises: CallboxError `validation_failed` for an integer that a double would round.
    """
    _reject_inexact(value, path)
    return structs.to_struct(dict(value))


def _reject_inexact(value: object, path: str) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _reject_inexact(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _reject_inexact(item, f"{path}.{index}")
    elif isinstance(value, int) and abs(value) > structs.EXACT:
        raise validation({path: ["is an integer beyond 2^53 and would lose digits; send it as a string"]})
