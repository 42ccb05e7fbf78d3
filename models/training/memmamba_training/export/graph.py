"""Writes a MemMamba model as ONNX graphs over one shared weight file.

Two graphs read the same int8 matrices: the *cpu* graph multiplies them as integers, with a scale per token for activations;
the *gpu* graph dequantizes them when it is loaded. The Mamba-2 recurrence is ONNX Runtime's operator LinearAttention, and the
GPU graph's convolution CausalConvWithState (domain `com.microsoft`). Inputs and outputs are listed in the model card
(models/memmamba-small/README.md).

Shapes in comments: T tokens, K positions of logits, a note_heads, e note_head_dim, w = a*e, N slots of a pool, R of the recent window.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.quantize import ACTIVATION_RANGE

MS = "com.microsoft"
OPSET, IR_VERSION = 17, 8  # the forms that onnxruntime 1.30 runs without experimental flags
INT_MAX = 2**31 - 1
ALIGN = 4096  # bytes, of each tensor in the weight file, so that it can be memory-mapped
INLINE_BYTES = 1024  # smaller tensors are stored in the graph


class WeightFile:
    """Appends arrays to one file; arrays of the same name, from both graphs, are stored once."""

    def __init__(self, path: Path) -> None:
        self.path, self.data, self.index = path, bytearray(), {}  # type: ignore[var-annotated]

    def add(self, name: str, array: np.ndarray) -> tuple[int, int]:
        """(offset, length) in bytes."""
        if name not in self.index:
            raw = np.ascontiguousarray(array).tobytes()
            self.data += b"\0" * (-len(self.data) % ALIGN)
            self.index[name] = (len(self.data), len(raw))
            self.data += raw
        return self.index[name]

    def save(self) -> None:
        self.path.write_bytes(self.data)


class Graph:
    """A thin builder: a method adds a node, or a tensor, and returns the name of its output."""

    def __init__(self, weights: WeightFile) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.names: set[str] = set()
        self.renamed: dict[str, str] = {}  # tensor -> the graph output that it becomes

    def weight(self, name: str, array: np.ndarray) -> str:
        if name in self.names:
            return name
        self.names.add(name)
        tensor = TensorProto(name=name, dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
        if array.nbytes < INLINE_BYTES:
            tensor.raw_data = np.ascontiguousarray(array).tobytes()
        else:
            offset, length = self.weights.add(name, array)
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", self.weights.path.name), ("offset", offset), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return name

    def const(self, value: Any, dtype: type = np.int64) -> str:
        array = np.array(value, dtype=dtype)
        tag = "_".join(str(v) for v in array.reshape(-1)).replace("-", "m").replace(".", "p")
        return self.weight(f"const.{array.dtype}.{array.ndim}.{tag}", array)

    def node(self, op: str, inputs: list[str], outputs: int | list[str] = 1, domain: str = "", **attributes: Any) -> Any:
        name = f"{op}_{len(self.nodes)}"
        if isinstance(outputs, int):
            outputs = [name] if outputs == 1 else [f"{name}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, domain=domain, **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def slice(self, x: str, start: int, end: int, axis: int) -> str:
        return self.node("Slice", [x, self.const([start]), self.const([end]), self.const([axis])])

    def input(self, name: str, kind: int, shape: list[int | str]) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, source: str, shape: list[int | str]) -> None:
        """Renames the tensor `source` to an output; an Identity node would copy it."""
        self.renamed[source] = name
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def save(self, path: Path) -> None:
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [self.renamed.get(name, name) for name in names]
        graph = helper.make_graph(self.nodes, "memmamba", self.inputs, self.outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MS, 1)])
        model.ir_version = IR_VERSION
        path.write_bytes(model.SerializeToString())


class Builder:
    """One graph of one model for a `target`, "cpu" or "gpu". `w` holds float32 arrays, and int8 matrices with their scales, by name."""

    def __init__(self, cfg: ModelConfig, w: dict[str, np.ndarray], weights: WeightFile, target: str) -> None:
        self.cfg, self.w, self.target, self.g = cfg, w, target, Graph(weights)
        self.quantized: dict[str, tuple[str, str]] = {}  # input -> (8-bit activations, scale per token)

    def p(self, name: str) -> str:
        """A parameter."""
        return self.g.weight(name, self.w[name])

    def scalar(self, value: float) -> str:
        return self.g.const(value, np.float32)

    def quantize_tokens(self, x: str) -> tuple[str, str]:
        """[1,T,fan_in] float -> uint8 with zero point 128, and the largest magnitude of each token [1,T,1], which is 127 steps.

        Training adds ACTIVATION_EPS to that magnitude. Here a token of zeros gives NaN, which becomes arbitrary integers, and the
        product is multiplied by the magnitude 0."""
        if x not in self.quantized:
            g = self.g
            peak = g.node("ReduceMax", [g.node("Abs", [x])], axes=[-1], keepdims=1)
            q = g.node("QuantizeLinear", [g.node("Div", [x, peak]), self.scalar(1 / ACTIVATION_RANGE), g.const(128, np.uint8)])
            self.quantized[x] = (q, peak)
        return self.quantized[x]

    def matmul(self, x: str, matrix: str, scale: str) -> str:
        """x [1,T,fan_in] times an int8 matrix [fan_in,fan_out] with a scale per column, in this graph's arithmetic."""
        g = self.g
        if self.target == "cpu":
            q, peak = self.quantize_tokens(x)
            y = g.node("MatMulIntegerToFloat", [q, matrix, self.scalar(1 / ACTIVATION_RANGE), scale, g.const(128, np.uint8)], domain=MS)
            return g.node("Mul", [y, peak])
        return g.node("MatMul", [x, g.node("Mul", [g.node("Cast", [matrix], to=TensorProto.FLOAT), scale])])

    def linear(self, x: str, name: str) -> str:
        return self.matmul(x, self.p(name + ".q"), self.p(name + ".scale"))

    def norm(self, h: str, skip: str | None, name: str) -> tuple[str, str]:
        """RMS norm of h + skip -> (normalised, h + skip)."""
        g, eps = self.g, self.cfg.norm_eps
        if skip is None:
            return g.node("SimplifiedLayerNormalization", [h, self.p(name)], epsilon=eps, axis=-1), h
        if self.target == "cpu":  # as two nodes, since SkipSimplifiedLayerNormalization is not vectorised there
            h = g.node("Add", [h, skip])
            return self.norm(h, None, name)
        tag = f"skip_{len(g.nodes)}"
        g.node("SkipSimplifiedLayerNormalization", [h, skip, self.p(name)], [tag, "", "", tag + ".sum"], MS, epsilon=eps)
        return tag, tag + ".sum"

    def silu(self, x: str) -> str:
        return self.g.node("QuickGelu", [x], domain=MS, alpha=1.0)

    def causal_conv(self, x: str, past: str, n: str) -> tuple[str, str]:
        """Causal convolution per channel: x [1,T,channels], past [1,conv_kernel-1,channels] -> (shape of x, the next past)."""
        g, k, ch = self.g, self.cfg.conv_kernel, self.cfg.conv_channels
        weight, bias = self.p(n + "conv_weight"), self.p(n + "conv_bias")
        if self.target == "gpu":
            return g.node("CausalConvWithState", [x, weight, bias, past], 2, MS, ndim=1, channels_last=1, activation="none")
        # Conv is three times as fast on a CPU; onnxruntime's layout of Conv makes the transposes disappear.
        values = g.node("Concat", [past, x], axis=1)
        image = g.node("Transpose", [g.node("Reshape", [values, g.const([1, -1, 1, ch])])], perm=[0, 3, 1, 2])
        kernel = g.node("Unsqueeze", [weight, g.const([-1])])
        y = g.node("Transpose", [g.node("Conv", [image, kernel, bias], group=ch, kernel_shape=[k, 1])], perm=[0, 2, 3, 1])
        return g.node("Reshape", [y, g.const([1, -1, ch])]), g.slice(values, 1 - k, INT_MAX, 1)

    def mamba2(self, u: str, i: int) -> str:
        g, cfg, n = self.g, self.cfg, f"layers.{i}."
        h, p, s, di, ch = cfg.heads, cfg.head_dim, cfg.state_size, cfg.d_inner, cfg.conv_channels
        z, xbc, dt = g.node("Split", [self.linear(u, n + "in_proj"), g.const([di, ch, h])], 3, axis=-1)
        past_conv = g.input(f"past_conv.{i}", TensorProto.FLOAT, [1, cfg.conv_kernel - 1, ch])
        past_ssm = g.input(f"past_ssm.{i}", TensorProto.FLOAT, [1, h, s, p])
        conv, present_conv = self.causal_conv(xbc, past_conv, n)
        x, B, C = g.node("Split", [self.silu(conv), g.const([di, s, s])], 3, axis=-1)
        step = g.node("Softplus", [g.node("Add", [dt, self.p(n + "dt_bias")])])  # [1,T,h]
        decay = g.node("Mul", [step, self.p(n + "A")])
        v = g.node("Mul", [g.node("Reshape", [x, g.const([0, 0, h, p])]), g.node("Unsqueeze", [step, g.const([-1])])])
        y, present_ssm = g.node(
            "LinearAttention", [C, B, g.node("Reshape", [v, g.const([0, 0, di])]), past_ssm, decay], 2, MS,
            q_num_heads=1, kv_num_heads=h, scale=1.0, update_rule="gated",
        )  # fmt: skip
        y, _ = self.norm(y, g.node("Mul", [x, self.p(n + "D")]), n + "norm")
        g.output(f"present_conv.{i}", present_conv, [1, cfg.conv_kernel - 1, ch])
        g.output(f"present_ssm.{i}", present_ssm, [1, h, s, p])
        return self.linear(g.node("Mul", [y, self.silu(z)]), n + "out_proj")

    def to_heads(self, x: str) -> str:
        """[1,T,w] -> [1,T,a,e]."""
        return self.g.node("Reshape", [x, self.g.const([0, 0, self.cfg.note_heads, self.cfg.note_head_dim])])

    def to_rows(self, x: str) -> str:
        """[1,T,a,e] -> [1,T,w]."""
        return self.g.node("Reshape", [x, self.g.const([0, 0, self.cfg.note_width])])

    def unit(self, x: str) -> str:
        """RMS norm over each head: [1,T,w] -> [1,T,a,e]."""
        ones = self.g.weight("unit_gain", np.ones(self.cfg.note_head_dim, np.float32))
        return self.g.node("SimplifiedLayerNormalization", [self.to_heads(x), ones], epsilon=self.cfg.norm_eps, axis=-1)

    def size(self, x: str, axis: int) -> str:
        return self.g.node("Shape", [x], start=axis, end=axis + 1)  # [1]

    def read(self, query: str, gate: str, n: str, r: int, parts: list[tuple[str, str, str]], output: str) -> str:
        """One softmax over the attention sink and `parts` (key [1,a,e,S], value [1,a,S,e], bias); gated, [1,T,w]."""
        g, cfg = self.g, self.cfg
        q = g.node("Transpose", [self.unit(query)], perm=[0, 2, 1, 3])  # [1,a,T,e]
        q = g.node("Mul", [q, self.p(f"{n}query_gain.{r}")])
        logits = [g.node("MatMul", [q, self.p(f"{n}null_key.{r}")])]  # [1,a,T,1]
        logits += [g.node("Add", [g.node("MatMul", [q, key]), bias]) for key, _, bias in parts]
        sizes = g.node("Concat", [g.const([1]), *(self.size(key, 3) for key, _, _ in parts)], axis=0)
        weights = g.node("Softmax", [g.node("Concat", logits, axis=-1)], axis=-1)
        g.output(output, weights, [1, cfg.note_heads, "T", "read_" + output])
        split = g.node("Split", [weights, sizes], 1 + len(parts), axis=-1)
        y = g.node("Mul", [split[0], self.p(f"{n}null_value.{r}")])
        for weight, (_, value, _) in zip(split[1:], parts):
            y = g.node("Add", [y, g.node("MatMul", [weight, value])])
        y = self.to_rows(g.node("Transpose", [y], perm=[0, 2, 1, 3]))
        return g.node("Mul", [y, g.node("Sigmoid", [gate])])

    def note_layer(self, u: str, j: int, pools: list[tuple[str, str, str]]) -> str:
        g, cfg, n = self.g, self.cfg, f"notes.{j}."
        a, e, w = cfg.note_heads, cfg.note_head_dim, cfg.note_width
        cross = j in cfg.cross_layers and bool(pools)
        key, value, *reads = g.node("Split", [self.linear(u, n + "proj")], 6 if cross else 4, axis=-1)
        score = g.node("Add", [g.node("MatMul", [u, self.p(n + "score.weight")]), self.p(n + "score.bias")])  # [1,T,1]
        past_shift = g.input(f"past_shift.{j}", TensorProto.FLOAT, [1, 1, w])
        shifted = g.node("Concat", [past_shift, key], axis=1)  # [1,T+1,w]
        key = self.unit(g.slice(shifted, 0, -1, 1))  # [1,T,a,e]
        g.output(f"present_shift.{j}", g.slice(shifted, -1, INT_MAX, 1), [1, 1, w])
        g.output(f"note_key.{j}", self.to_rows(key), [1, "T", w])
        g.output(f"note_value.{j}", value, [1, "T", w])
        g.output(f"note_score.{j}", score, [1, "T", 1])
        sets = []
        for name, slots in (("pool", "N"), ("recent", "R")):
            sets.append(
                (
                    g.input(f"{name}_key.{j}", TensorProto.FLOAT, [1, a, e, slots]),
                    g.input(f"{name}_value.{j}", TensorProto.FLOAT, [1, a, slots, e]),
                    g.input(f"{name}_bias.{j}", TensorProto.FLOAT, [1, 1, 1, slots]),
                )
            )
        own_key = g.node("Transpose", [key], perm=[0, 2, 3, 1])
        own = (own_key, g.node("Transpose", [self.to_heads(value)], perm=[0, 2, 1, 3]), self.causal)
        y = self.read(reads[0], reads[1], n, 0, [*sets, own], f"attention.{j}")
        if cross:
            y = g.node("Concat", [y, self.read(reads[2], reads[3], n, 1, pools, f"cross_attention.{j}")], axis=-1)
        pools.append(sets[0])
        return self.linear(y, n + "out_proj")

    def build(self, path: Path) -> None:
        g, cfg = self.g, self.cfg
        ids = g.input("input_ids", TensorProto.INT32, [1, "T"])
        positions = g.input("logit_positions", TensorProto.INT64, ["K"])
        length = self.size(ids, 1)
        empty = helper.make_tensor("empty", TensorProto.FLOAT, [1], [-1e4])
        square = g.node("ConstantOfShape", [g.node("Concat", [length, length], axis=0)], value=empty)
        self.causal = g.node("Trilu", [square, g.const(1)], upper=1)  # [T,T], 0 on and below the diagonal
        table, scale = self.p("embedding.q"), self.p("embedding.scale")  # int8 [V,d], float [V]
        rows = g.node("Cast", [g.node("Gather", [table, ids])], to=TensorProto.FLOAT)
        h = g.node("Mul", [rows, g.node("Unsqueeze", [g.node("Gather", [scale, ids]), g.const([-1])])])
        skip: str | None = None
        pools: list[tuple[str, str, str]] = []
        for i in range(cfg.layers):
            u, h = self.norm(h, skip, f"layers.{i}.pre_norm")
            skip = self.mamba2(u, i)
            if i in cfg.note_layers:
                u, h = self.norm(h, skip, f"notes.{i}.norm")
                skip = self.note_layer(u, i, pools)
            if cfg.embedding_width and i == cfg.embedding_layer:
                u, h = self.norm(h, skip, "retrieval.norm")
                skip = None  # h includes it now
                embedding = self.linear(u, "retrieval.proj")
            if cfg.embedding_width and cfg.embedding_hidden and i == cfg.embedding_hidden_layer:
                u, h = self.norm(h, skip, "retrieval.hidden.norm")
                skip = None
                hidden = self.silu(self.linear(u, "retrieval.hidden.up"))
                embedding = g.node("Add", [embedding, self.linear(hidden, "retrieval.hidden.down")])
        if cfg.embedding_width:
            g.output("embedding", embedding, [1, "T", cfg.embedding_width])
        h, skip = (x and g.node("Gather", [x, positions], axis=1) for x in (h, skip))
        out, _ = self.norm(h, skip, "final_norm")
        logits = self.matmul(out, g.node("Transpose", [table], perm=[1, 0]), scale)
        g.output("logits", logits, [1, "K", cfg.vocab_size])
        g.save(path)
