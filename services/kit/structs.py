"""JSON objects to and from `google.protobuf.Struct`.

Both directions take about a microsecond for each value, on an event loop. The gateway limits the values of a body.
"""

import math
from collections.abc import Mapping, MutableMapping
from typing import Any

from google.protobuf.struct_pb2 import NullValue, Struct, Value

from services.kit.errors import validation

# A Struct stores numbers as doubles, which hold integers exactly up to here.
EXACT = 2**53
_INEXACT = "is an integer beyond 2^53 and would lose digits; send it as a string"
_NOT_FINITE = "is a number that is not finite"
_NUL = "holds the character U+0000, which cannot be stored; remove it"


class _Unfit(Exception):
    """A value that one of the two forms cannot hold. path: its names and indexes, innermost first."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.path: list[str] = []


def from_struct(struct: Struct, path: str = "") -> dict[str, Any]:
    """The JSON object in a Struct; integers up to `EXACT` become int.

    path: of the field that holds it, for the error; empty for the whole body.
    Raises: CallboxError `validation_failed` for NaN and infinity (not JSON) and for U+0000 (not in PostgreSQL).
    """
    try:
        return _object(struct)
    except _Unfit as unfit:
        raise _refusal(unfit, path) from None


def to_struct(content: Mapping[str, Any], path: str = "") -> Struct:
    """The Struct of a JSON object. path: as in `from_struct`.

    Raises: CallboxError `validation_failed` for an integer that a double would round.
    """
    struct = Struct()
    try:
        _fill(struct.fields, content)
    except _Unfit as unfit:
        raise _refusal(unfit, path) from None
    return struct


def _fill(fields: MutableMapping[str, Value], content: Mapping[str, Any]) -> None:
    for name, item in content.items():
        try:
            _set(fields[name], item)
        except _Unfit as unfit:
            unfit.path.append(name)
            raise


def _set(value: Value, item: Any) -> None:
    if isinstance(item, str):
        value.string_value = item
    elif item is None:
        value.null_value = NullValue.NULL_VALUE
    elif isinstance(item, bool):
        value.bool_value = item
    elif isinstance(item, int):
        if abs(item) > EXACT:
            raise _Unfit(_INEXACT)
        value.number_value = item
    elif isinstance(item, float):
        value.number_value = item
    elif isinstance(item, dict):
        inside = value.struct_value
        inside.SetInParent()
        _fill(inside.fields, item)
    else:
        items = value.list_value
        items.SetInParent()
        add = items.values.add
        for index, inner in enumerate(item):
            try:
                _set(add(), inner)
            except _Unfit as unfit:
                unfit.path.append(str(index))
                raise


def _object(struct: Struct) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in struct.fields.items():
        try:
            found[_text(name)] = _plain(value)
        except _Unfit as unfit:
            # The path stands in the error, which cannot hold U+0000 either.
            unfit.path.append(name.replace("\x00", ""))
            raise
    return found


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return _text(value.string_value)
        case "number_value":
            number = value.number_value
            if not math.isfinite(number):
                raise _Unfit(_NOT_FINITE)
            return int(number) if number.is_integer() and abs(number) <= EXACT else number
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return _object(value.struct_value)
        case "list_value":
            found = []
            for index, item in enumerate(value.list_value.values):
                try:
                    found.append(_plain(item))
                except _Unfit as unfit:
                    unfit.path.append(str(index))
                    raise
            return found
    return None


def _text(text: str) -> str:
    if "\x00" in text:
        raise _Unfit(_NUL)
    return text


def _refusal(unfit: _Unfit, path: str) -> Exception:
    names = [*([path] if path else []), *reversed(unfit.path)]
    return validation({".".join(names): [unfit.fault]})
