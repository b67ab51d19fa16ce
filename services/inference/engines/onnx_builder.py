"""Builds an ONNX model node by node, for onnxruntime."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# The versions that the used operators need; onnxruntime supports both.
_IR_VERSION: Final = 8
_OPSET: Final = 18


class Graph:
    """A graph under construction. A value is identified by its name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._count = 0

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def input(self, name: str, dtype: str, shape: Sequence[int | str]) -> str:
        """Declare an input. A dimension given as a word is variable."""
        self._inputs.append(_declared(name, dtype, shape))
        return name

    def output(self, name: str, value: str, dtype: str, shape: Sequence[int | str]) -> None:
        """Declare `value` as an output of that name."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_declared(name, dtype, shape))

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant, such as a weight. Returns its name."""
        name = self._name()
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def many(self, count: int, op: str, *inputs: str, domain: str = "", **options: Any) -> list[str]:
        """Add an operator with several outputs and return their names. "" omits an optional input."""
        names = [self._name() for _ in range(count)]
        self._nodes.append(helper.make_node(op, inputs, names, domain=domain, **options))
        return names

    def one(self, op: str, *inputs: str, domain: str = "", **options: Any) -> str:
        """Add an operator with one output and return its name."""
        return self.many(1, op, *inputs, domain=domain, **options)[0]

    def model(self) -> bytes:
        """The graph as a serialised ONNX model."""
        graph = helper.make_graph(self._nodes, "graph", self._inputs, self._outputs, self._weights)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
        return bytes(helper.make_model(graph, ir_version=_IR_VERSION, opset_imports=opsets).SerializeToString())


def _declared(name: str, dtype: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
