"""Reads the weights of a model in onnxruntime's own format."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import InferenceSession

_FLOAT: Final = 1
_UINT8: Final = 2
_DTYPES: Final[dict[int, type[np.generic]]] = {_FLOAT: np.float32, _UINT8: np.uint8}


@dataclass(frozen=True, slots=True)
class Quantized:
    """A weight of a matrix product: int8 [n, m], and its scale float32 [m] and zero point int8 [m] by column."""

    values: NDArray[np.int8]
    scale: NDArray[np.float32]
    zero: NDArray[np.int8]


def beside(*parts: Quantized) -> Quantized:
    """Concatenates weights of the same input, so that one product computes all their outputs."""
    return Quantized(
        np.concatenate([part.values for part in parts], axis=1),
        np.concatenate([part.scale for part in parts]),
        np.concatenate([part.zero for part in parts]),
    )


class Weights:
    """The weights in one file: float arrays by name, quantised products by layer."""

    def __init__(self, path: Path) -> None:
        graph = InferenceSession.GetRootAsInferenceSession(path.read_bytes(), 0).Model().Graph()
        self._tensors: dict[str, NDArray[Any]] = {}
        self._products: dict[str, str] = {}
        for part in _with_branches(graph):
            for at in range(part.InitializersLength()):
                tensor = part.Initializers(at)
                dtype = _DTYPES.get(tensor.DataType())
                if dtype is not None:
                    shape = [tensor.Dims(axis) for axis in range(tensor.DimsLength())]
                    self._tensors[tensor.Name().decode()] = tensor.RawDataAsNumpy().view(dtype).reshape(shape)
            for at in range(part.NodesLength()):
                node = part.Nodes(at)
                if node.OpType().decode() in ("DynamicQuantizeMatMul", "MatMulIntegerToFloat"):
                    self._products[node.Outputs(0).decode()] = node.Inputs(1).decode().removesuffix("_quantized")

    def array(self, name: str) -> NDArray[np.float32]:
        """A float array, by the beginning or end of its name. Raises KeyError."""
        return np.asarray(self._tensors[_only(name, self._tensors)], np.float32)

    def product(self, layer: str) -> Quantized:
        """The quantised product of a layer, by a part of its output's name. Raises KeyError."""
        return self.table(self._products[_only(layer, self._products)])

    def table(self, name: str) -> Quantized:
        """A quantised array by the beginning of its name. Raises KeyError."""
        name = _only(f"{name}_quantized", self._tensors).removesuffix("_quantized")
        values = self._tensors[f"{name}_quantized"]
        columns = values.shape[1]
        scale = np.broadcast_to(self._tensors[f"{name}_scale"].reshape(-1), columns)
        zero = np.broadcast_to(self._tensors[f"{name}_zero_point"].reshape(-1), columns)
        return Quantized(_signed(values), np.array(scale, np.float32), _signed(np.array(zero, np.uint8)))


def _signed(values: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The same numbers as int8: with it processors with VNNI compute a product a quarter faster."""
    return (values ^ np.uint8(0x80)).view(np.int8)


def _only(part: str, names: dict[str, Any]) -> str:
    found = [name for name in names if name == part] or [name for name in names if part in name]
    if not found:
        raise KeyError(f"the weights hold no {part!r}: this needs moonshine-voice 0.0.73")
    return found[0]


def _with_branches(graph: Any) -> Iterator[Any]:
    yield graph
    for at in range(graph.NodesLength()):
        node = graph.Nodes(at)
        for place in range(node.AttributesLength()):
            branch = node.Attributes(place).G()
            if branch is not None:
                yield from _with_branches(branch)
