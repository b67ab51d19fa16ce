"""Writes a computation as an ONNX model, for onnxruntime to run."""

import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Numbers of onnx.proto, version 1.16.
_IR_VERSION: Final = 8
_OPSET: Final = 18
_DATA_TYPES: Final = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
_ATTRIBUTE_FLOAT: Final = 1
_ATTRIBUTE_INT: Final = 2
_ATTRIBUTE_STRING: Final = 3
_ATTRIBUTE_INTS: Final = 7
_VARINT: Final = 0
_BYTES: Final = 2
_FIXED32: Final = 5


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int | float | str | bytes) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | _FIXED32) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _attribute(name: str, value: int | float | str | Sequence[int]) -> bytes:
    head = _field(1, name)
    if isinstance(value, int):
        return head + _field(3, value) + _field(20, _ATTRIBUTE_INT)
    if isinstance(value, float):
        return head + _field(2, value) + _field(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, str):
        return head + _field(4, value) + _field(20, _ATTRIBUTE_STRING)
    return head + b"".join(_field(8, each) for each in value) + _field(20, _ATTRIBUTE_INTS)


def _declared(name: str, dtype: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(_field(1, _field(1, size) if isinstance(size, int) else _field(2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, _DATA_TYPES[dtype]) + _field(2, dims)))


class Graph:
    """A graph that grows node by node; values are known by their names."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._count = 0

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def input(self, name: str, dtype: str, shape: Sequence[int | str]) -> str:
        """Declare an input; a size given as a word may be any."""
        self._parts.append(_field(11, _declared(name, dtype, shape)))
        return name

    def output(self, name: str, value: str, dtype: str, shape: Sequence[int | str]) -> None:
        """Declare `value` as an output of that name."""
        self._node("Identity", [value], [name], "", {})
        self._parts.append(_field(12, _declared(name, dtype, shape)))

    def constant(self, values: NDArray[Any]) -> str:
        """A weight."""
        name = self._name()
        dims = b"".join(_field(1, size) for size in values.shape)
        kind = _field(2, _DATA_TYPES[values.dtype.name])
        data = _field(9, np.ascontiguousarray(values).tobytes())
        self._parts.append(_field(5, dims + kind + _field(8, name) + data))
        return name

    def _node(
        self, op: str, inputs: Sequence[str], outputs: Sequence[str], domain: str, options: dict[str, Any]
    ) -> None:
        message = b"".join(_field(1, each) for each in inputs) + b"".join(_field(2, each) for each in outputs)
        message += _field(4, op) + b"".join(_field(5, _attribute(name, value)) for name, value in options.items())
        self._parts.append(_field(1, message + _field(7, domain)))

    def many(self, count: int, op: str, *inputs: str, domain: str = "", **options: Any) -> list[str]:
        """The outputs of an operator; an input that is left out is an empty name."""
        names = [self._name() for _ in range(count)]
        self._node(op, inputs, names, domain, options)
        return names

    def one(self, op: str, *inputs: str, domain: str = "", **options: Any) -> str:
        """The only output of an operator."""
        return self.many(1, op, *inputs, domain=domain, **options)[0]

    def model(self) -> bytes:
        """The whole as an ONNX model."""
        graph = _field(2, "graph") + b"".join(self._parts)
        opsets = _field(8, _field(1, "") + _field(2, _OPSET)) + _field(8, _field(1, "com.microsoft") + _field(2, 1))
        return _field(1, _IR_VERSION) + opsets + _field(7, graph)
