"""Moonshine tiny as two ONNX graphs of our own that use the wheel's weights.

The wheel's graphs can batch only clips of one length. These take clips of any length together: every row of a batch has
its own positions and its own mask over the key/value cache.
"""

from pathlib import Path
from typing import Final

import numpy as np

from services.inference.engines.onnx_builder import Graph
from services.inference.engines.ort_weights import Quantized, Weights, beside

LAYERS: Final = 6
HEADS: Final = 8
HEAD_WIDTH: Final = 36
_WIDTH: Final = HEADS * HEAD_WIDTH
_ROTARY_WIDTH: Final = 32
_ROTARY_BASE: Final = 10_000.0
# 30 s are 1,249 frames and 203 tokens.
_MAX_POSITIONS: Final = 1_280
_SCALE: Final = HEAD_WIDTH**-0.5
_EPSILON: Final = 1e-5
_MICROSOFT: Final = "com.microsoft"


def _product(graph: Graph, value: str, weight: Quantized, bias: str = "") -> str:
    """value @ weight + bias in 8 bits."""
    parts = (graph.constant(weight.values), graph.constant(weight.scale), graph.constant(weight.zero))
    return graph.one("DynamicQuantizeMatMul", value, *parts, bias, domain=_MICROSOFT)


class _Layers:
    """The layers that both graphs use."""

    def __init__(self, graph: Graph, weights: Weights) -> None:
        self.graph = graph
        self.weights = weights
        angles = np.outer(np.arange(_MAX_POSITIONS), _ROTARY_BASE ** -(np.arange(0, _ROTARY_WIDTH, 2) / _ROTARY_WIDTH))
        self._turns = (
            graph.constant(np.cos(angles).astype(np.float32)),
            graph.constant(np.sin(angles).astype(np.float32)),
        )
        self._no_bias = graph.constant(np.zeros(_WIDTH, np.float32))

    def normal(self, value: str, name: str) -> str:
        weight = self.graph.constant(self.weights.array(name))
        return self.graph.one("LayerNormalization", value, weight, self._no_bias, axis=-1, epsilon=_EPSILON)

    def turned(self, value: str, positions: str) -> str:
        return self.graph.one(
            "RotaryEmbedding", value, positions, *self._turns,
            domain=_MICROSOFT, interleaved=1, num_heads=HEADS, rotary_embedding_dim=_ROTARY_WIDTH,
        )  # fmt: skip

    def queries_keys_values(self, value: str, layer: str, positions: str) -> tuple[str, str, str]:
        weight = beside(*(self.weights.product(f"{layer}/self_attn/{part}_proj/") for part in "qkv"))
        query, key, held = self.graph.many(3, "Split", _product(self.graph, value, weight), axis=-1, num_outputs=3)
        return self.turned(query, positions), self.turned(key, positions), held

    def attended(self, count: int, *inputs: str) -> list[str]:
        return self.graph.many(
            count, "MultiHeadAttention", *inputs, domain=_MICROSOFT, num_heads=HEADS, scale=_SCALE
        )  # fmt: skip

    def projected(self, value: str, layer: str) -> str:
        return _product(self.graph, value, self.weights.product(f"{layer}/"))

    def fed(self, value: str, layer: str, part: str) -> str:
        bias = self.graph.constant(self.weights.array(f"{layer.lstrip('/').replace('/', '.')}.mlp.{part}.bias"))
        return _product(self.graph, value, self.weights.product(f"{layer}/mlp/{part}/"), bias)

    def sum(self, value: str, other: str) -> str:
        return self.graph.one("Add", value, other)


def _stem(graph: Graph, weights: Weights, samples: str) -> str:
    """Audio [b, n] to features [b, t, width]."""
    axis = graph.constant(np.array([1], np.int64))
    wave = graph.one("Unsqueeze", samples, axis)
    sound = graph.one("Conv", wave, graph.constant(weights.array("conv1.weight")), kernel_shape=[127], strides=[64])
    sound = graph.one("Tanh", sound)
    flat = graph.one("Reshape", sound, graph.constant(np.array([0, 1, -1], np.int64)))
    one, zero = graph.constant(np.ones(1, np.float32)), graph.constant(np.zeros(1, np.float32))
    level = graph.one("InstanceNormalization", flat, one, zero, epsilon=_EPSILON)
    sound = graph.one("Reshape", level, graph.one("Shape", sound))
    sound = graph.one("Mul", sound, graph.constant(weights.array("onnx::Mul_")))
    sound = graph.one("Add", sound, graph.constant(weights.array("onnx::Add_")))
    for name, kernel, stride in (("conv2", 7, 3), ("conv3", 3, 2)):
        kernels, bias = (graph.constant(weights.array(f"{name}.{part}")) for part in ("weight", "bias"))
        sound = graph.one("Conv", sound, kernels, bias, kernel_shape=[kernel], strides=[stride])
        sound = graph.one("Gelu", sound, domain=_MICROSOFT)
    return graph.one("Transpose", sound, perm=[0, 2, 1])


def encoder(encoder_file: Path, decoder_file: Path) -> bytes:
    """The encoder: computes the decoder's keys and values of a clip.

    `samples` float32 [1, n] in; `cross.0` to `cross.11` float32 [1, HEADS, t, HEAD_WIDTH] out, key and value by layer.
    """
    weights, decoder_weights = Weights(encoder_file), Weights(decoder_file)
    graph = Graph()
    layers = _Layers(graph, weights)
    value = _stem(graph, weights, graph.input("samples", "float32", [1, "samples"]))
    start = graph.constant(np.zeros(1, np.int64))
    for at in range(LAYERS):
        layer = f"/layers.{at}"
        name = f"layers.{at}"
        heard = layers.queries_keys_values(layers.normal(value, f"{name}.input_layernorm.weight"), layer, start)
        value = layers.sum(value, layers.projected(layers.attended(1, *heard)[0], f"{layer}/self_attn/o_proj"))
        inner = layers.fed(layers.normal(value, f"{name}.post_attention_layernorm.weight"), layer, "fc1")
        value = layers.sum(value, layers.fed(graph.one("Gelu", inner, domain=_MICROSOFT), layer, "fc2"))
    states = layers.normal(value, "layer_norm.weight")
    shape = graph.constant(np.array([0, 0, HEADS, HEAD_WIDTH], np.int64))
    across = beside(
        *(decoder_weights.product(f"layers.{at}/encoder_attn/{part}_proj/") for at in range(LAYERS) for part in "kv")
    )
    parts = graph.many(2 * LAYERS, "Split", _product(graph, states, across), axis=-1, num_outputs=2 * LAYERS)
    for at, part in enumerate(parts):
        heads = graph.one("Transpose", graph.one("Reshape", part, shape), perm=[0, 2, 1, 3])
        graph.output(f"cross.{at}", heads, "float32", [1, HEADS, "frames", HEAD_WIDTH])
    return graph.model()


def decoder(decoder_file: Path) -> bytes:
    """The decoder: one pass over `tokens` int64 [b, w].

    Further inputs: `positions`, `following` int64 [b, w]; `bias` float32 [b, 1, w, p + w], 0 where a token may attend
    and very low elsewhere; `frames` int32 [b, t], 1 where a clip has a frame; `cross.i`, the encoder's outputs;
    `past.i` float32 [b, HEADS, p, HEAD_WIDTH]. Outputs: `best` int64 [b, w]; `likely` float32 [b, w], the
    log-probability of the token in `following`; `present.i`.
    """
    weights = Weights(decoder_file)
    graph = Graph()
    layers = _Layers(graph, weights)
    tokens = graph.input("tokens", "int64", ["batch", "width"])
    positions = graph.input("positions", "int64", ["batch", "width"])
    bias = graph.input("bias", "float32", ["batch", 1, "width", "total"])
    frames = graph.input("frames", "int32", ["batch", "frames"])
    cache: list[int | str] = ["batch", HEADS, "past", HEAD_WIDTH]
    table = weights.table("model.decoder.embed_tokens.weight_merged_0")
    value = graph.one(
        "DequantizeLinear",
        graph.one("Gather", graph.constant(table.values), tokens, axis=0),
        graph.constant(table.scale[0]), graph.constant(table.zero[0]),
    )  # fmt: skip
    for at in range(LAYERS):
        layer, name = f"/model/decoder/layers.{at}", f"model.decoder.layers.{at}"
        query, key, held = layers.queries_keys_values(
            layers.normal(value, f"{name}.input_layernorm.weight"), layer, positions
        )
        past = (graph.input(f"past.{2 * at + part}", "float32", cache) for part in (0, 1))
        own, *present = layers.attended(3, query, key, held, "", "", bias, *past)
        for part in (0, 1):
            graph.output(f"present.{2 * at + part}", present[part], "float32", ["batch", HEADS, "total", HEAD_WIDTH])
        value = layers.sum(value, layers.projected(own, f"{layer}/self_attn/o_proj"))
        query = layers.projected(
            layers.normal(value, f"{name}.post_attention_layernorm.weight"), f"{layer}/encoder_attn/q_proj"
        )
        across = (
            graph.input(f"cross.{2 * at + part}", "float32", ["batch", HEADS, "frames", HEAD_WIDTH]) for part in (0, 1)
        )
        (other,) = layers.attended(1, query, *across, "", frames)
        value = layers.sum(value, layers.projected(other, f"{layer}/encoder_attn/o_proj"))
        inner = layers.fed(layers.normal(value, f"{name}.final_layernorm.weight"), layer, "fc1")
        inner, gate = graph.many(2, "Split", inner, axis=-1, num_outputs=2)
        inner = graph.one("Mul", inner, graph.one("Mul", gate, graph.one("Sigmoid", gate)))
        value = layers.sum(value, layers.fed(inner, layer, "fc2"))
    logits = _product(graph, layers.normal(value, "model.decoder.norm.weight"), weights.product("logits"))
    likely = graph.one("LogSoftmax", logits, axis=-1)
    axis = graph.constant(np.array([2], np.int64))
    following = graph.one("Unsqueeze", graph.input("following", "int64", ["batch", "width"]), axis)
    likely = graph.one("Squeeze", graph.one("GatherElements", likely, following, axis=2), axis)
    graph.output("likely", likely, "float32", ["batch", "width"])
    graph.output("best", graph.one("ArgMax", logits, axis=-1, keepdims=0), "int64", ["batch", "width"])
    return graph.model()
